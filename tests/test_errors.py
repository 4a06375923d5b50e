"""What a stranger's file holds is shown on one short line."""
import errno

import numpy as np
import pytest

from mmaction_d3d.errors import find_system_mistake, shown


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
