"""Working ahead in a thread."""
import threading

import pytest

from mmaction_d3d.prefetch import prefetch


def test_items_come_in_order_from_another_thread():
    items = list(prefetch((index, threading.get_ident()) for index in range(20)))
    assert [index for index, _ in items] == list(range(20))
    assert threading.get_ident() not in {thread for _, thread in items}


def test_the_next_item_is_made_while_one_is_in_use():
    made = [threading.Event() for _ in range(2)]

    def items():
        for event in made:
            event.set()
            yield event

    stream = prefetch(items())
    next(stream)
    assert made[1].wait(timeout=30)  # though nobody asked for it
    stream.close()


def test_no_more_is_made_than_may_wait():
    drawn, third = [], threading.Event()

    def items():
        for index in range(100):
            drawn.append(index)
            if index == 3:
                third.set()
            yield index

    stream = prefetch(items(), ahead=2)
    next(stream)
    assert third.wait(timeout=30)
    stream.close()
    assert len(drawn) <= 5  # one in use, two that wait, one in hand, one at the close


def test_an_error_comes_after_the_items_before_it():

    def items():
        yield 1
        raise KeyError('broken')

    stream = prefetch(items())
    assert next(stream) == 1
    with pytest.raises(KeyError, match='broken'):
        next(stream)


def test_a_reader_who_leaves_ends_the_thread():
    before = threading.active_count()
    stream = prefetch(iter(range(1000)))
    next(stream)
    stream.close()
    assert threading.active_count() == before
