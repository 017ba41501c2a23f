"""Groups of points: in order, within a budget, smaller where a GPU has no room."""

import logging

import pytest
import torch

from unpacking_softmax.artefacts.errors import ResourceError
from unpacking_softmax.measures.memory import groups, in_groups, memory_budget


def test_groups_keep_order_and_budget():
    sizes = {"a": 80, "b": 120, "c": 20, "d": 400, "e": 40, "f": 160}
    assert groups(sizes, budget=200) == [["a", "b"], ["c"], ["d"], ["e", "f"]]


def test_memory_budget_of_a_gpu_counts_what_torch_holds_unused(monkeypatch):
    """0.7 (free 10 + reserved 4 - allocated 1) GB; 2 GiB on a CPU."""
    cuda = torch.cuda
    monkeypatch.setattr(cuda, "mem_get_info", lambda device: (10 * 10**9, 80 * 10**9))
    monkeypatch.setattr(cuda, "memory_reserved", lambda device: 4 * 10**9)
    monkeypatch.setattr(cuda, "memory_allocated", lambda device: 10**9)
    assert memory_budget(torch.device("cuda")) == pytest.approx(9.1e9)
    assert memory_budget(torch.device("cpu")) == 2**31


def room_for(points):
    """Work that needs more memory than there is for more than `points` points; notes what it finished."""
    done = []

    def work(names):
        if len(names) > points:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB")
        done.append(names)
        return {name: name.upper() for name in names}

    return work, done


def test_out_of_memory_goes_on_with_fewer_points_at_once(caplog):
    work, done = room_for(2)
    with caplog.at_level(logging.WARNING):
        results = in_groups(work, [["a", "b", "c", "d", "e"], ["f"]])
    assert results == {name: name.upper() for name in "abcdef"}
    assert list(results) == list("abcdef")
    assert done == [["a", "b"], ["c"], ["d", "e"], ["f"]]
    assert [record.getMessage() for record in caplog.records] == [
        "out of GPU memory with 5 points at once: going on with 2",
        "out of GPU memory with 3 points at once: going on with 1",
    ]


def test_a_point_without_room_is_named():
    with pytest.raises(ResourceError, match=r"^relu1: no room .* lower analysis.features or analysis.batch$"):
        in_groups(room_for(0)[0], [["relu1", "relu2"]])
