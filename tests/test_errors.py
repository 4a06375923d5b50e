"""What a stranger's file holds is shown on one short line."""
import errno

import numpy as np
import pytest

from mmaction_d3d.errors import InputError, content_of, find_system_mistake, shown


def nested(depth):
    value = ['x']
    for _ in range(depth):
        value = [value] * 10  # one list, shown 10 ** depth times
    return value


@pytest.mark.parametrize('value', [
    nested(20), 10**5000, 'x' * 10**6, b'x' * 10**6,
    np.zeros(10**6),
    list(range(10**6)), {i: i for i in range(10**5)}
], ids=lambda value: type(value).__name__)
def test_the_line_is_short(value):
    assert len(shown(value)) < 2500 and '\n' not in shown(value)


@pytest.mark.parametrize('value', [None, -1, (48, 64), 'clip', 1.5, [1, 2]])
def test_short_values_are_shown_as_they_are(value):
    assert shown(value) == repr(value)


def raised(make):
    try:
        make()
    except Exception as error:
        return error


def covered():
    try:
        raise OSError(errno.ENOSPC, 'No space left on device', 'f')
    except OSError:
        raise KeyError('other') from None


def uncovered():
    try:
        raise OSError(errno.ENOSPC, 'No space left on device', 'f')
    except OSError:
        raise KeyError('other')  # noqa: B904 - the context is what is walked


def test_what_is_raised_from_none_hides_nothing_behind_it():
    assert find_system_mistake(raised(covered)) is None
    assert 'No space left' in str(find_system_mistake(raised(uncovered)))


def deep():
    return deep()


@pytest.mark.parametrize('make, words', [
    (lambda: {}['a'], "no 'a'"),
    (lambda: [][0], 'too few entries'),
    (lambda: None.a, 'a part of another type'),
    (lambda: len(7), 'a part of another type'),
    (lambda: float(10**400), 'a number out of range'),
    (lambda: 1 // 0, 'a number out of range'),
    (deep, 'parts in parts, too deep'),
    (lambda: int('x'), 'invalid literal .*'),
])
def test_what_a_file_makes_python_stumble_over_is_its_mistake_in_plain_words(make, words):
    says = f'^x.json: part: found {words}, want a list$'
    with pytest.raises(InputError, match=says), content_of('x.json', 'part', 'a list'):
        make()


def test_mistakes_that_are_known_stay_as_they_are():
    says = '^a: b: found c, want d$'
    with pytest.raises(InputError, match=says), content_of('x.json', 'part', 'a list'):
        raise InputError('a', 'b', 'c', 'd')


@pytest.mark.parametrize('found', ['x' * 10**6, 10**5000, 'a\x1b[31mb\udcff', ['y' * 10**6]],
                         ids=['text', 'digits', 'control characters', 'list'])
def test_messages_are_short_and_of_printable_text(found):
    text = str(InputError('a.pkl', 'field', found, 'a number'))
    assert len(text) < 700 and text.isprintable()
