"""Working ahead in a thread."""
import gc
import multiprocessing
import threading
import weakref
from unittest.mock import Mock

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


def test_threads_are_kept_as_opencv_keeps_memory_for_each_that_ever_was():
    streams = [list(prefetch(threading.current_thread() for _ in range(2))) for _ in range(20)]
    assert len({thread for stream in streams for thread in stream}) == 1


def test_streams_at_the_same_time_have_a_thread_each():
    first, second = (prefetch(iter(threading.current_thread, None)) for _ in range(2))
    threads = {next(first), next(second)}
    assert len(threads) == 2
    first.close()
    second.close()
    assert next(prefetch(iter(threading.current_thread, None))) in threads


def test_a_reader_who_leaves_ends_the_work_and_nothing_of_it_is_kept():

    def items():
        try:
            while True:
                item = Mock()
                made.add(item)
                yield item
        finally:
            ended.set()

    made, ended = weakref.WeakSet(), threading.Event()
    stream = prefetch(items())
    next(stream)
    stream.close()
    assert ended.is_set()
    del stream
    gc.collect()
    assert not list(made)


def test_a_forked_process_has_threads_of_its_own():
    list(prefetch(iter(range(3))))
    child = multiprocessing.get_context('fork').Process(target=_drain)
    child.start()
    child.join(60)
    ended = child.exitcode
    child.kill()
    assert ended == 0


def _drain():
    assert list(prefetch(iter(range(3)))) == [0, 1, 2]
