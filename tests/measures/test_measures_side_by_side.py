"""Work beside other work: its order, its exceptions, and what is done where there is no room for it."""

import threading

import pytest
import torch

from unpacking_softmax.measures import side_by_side as module
from unpacking_softmax.measures.side_by_side import Aside, side_by_side

CPU, FAKE = torch.device("cpu"), torch.device("cuda")
FULL = torch.AcceleratorError("CUDA error: out of memory")


class Stream:
    def record_event(self):
        return None


@pytest.fixture
def gpu(monkeypatch):
    """The way a GPU's work takes, threads and all, without a GPU."""
    monkeypatch.setattr(module, "_load_solvers", lambda device: None)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda device: Stream())
    monkeypatch.setattr(module, "_on_a_stream", lambda work, item, there: work(item))
    return FAKE


def test_on_a_cpu_one_after_the_other_in_this_thread():
    assert side_by_side(lambda i: (i, threading.current_thread()), range(3), CPU) == [
        (i, threading.main_thread()) for i in range(3)
    ]


def test_on_a_gpu_in_order_and_at_once(gpu):
    """Three that wait for each other: one at a time they would wait for ever."""
    barrier = threading.Barrier(module.AT_ONCE, timeout=20)
    assert side_by_side(lambda i: barrier.wait() * 0 + i, range(2 * module.AT_ONCE), gpu) == [*range(6)]


def test_what_found_no_room_beside_the_others_is_done_after_them(gpu):
    def work(i):
        if i % 2 and threading.current_thread() is not threading.main_thread():
            raise FULL
        return i

    assert side_by_side(work, range(5), gpu) == [0, 1, 2, 3, 4]


def test_what_finds_no_room_even_alone_says_so(gpu):
    def work(i):
        raise FULL

    with pytest.raises(torch.AcceleratorError, match="out of memory"):
        side_by_side(work, range(2), gpu)


def test_another_error_is_raised_as_it_is(gpu):
    def work(i):
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        side_by_side(work, range(2), gpu)


def test_work_goes_on_beside_what_the_caller_does(gpu):
    began, go_on = threading.Event(), threading.Event()

    def work(i):
        began.set()
        assert go_on.wait(20)
        return i

    with Aside(gpu) as aside:
        gather = aside.start(work, [7])
        assert began.wait(20)
        go_on.set()
        assert gather() == gather() == [7]
