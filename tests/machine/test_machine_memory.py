"""Running out of GPU memory: what says so, and that a job goes on where another's end lets it."""

import logging
import os
import subprocess
import sys
import time

import pytest
import torch

from unpacking_softmax.artefacts.errors import ResourceError
from unpacking_softmax.machine import cards, memory
from unpacking_softmax.machine.memory import is_out_of_memory, patiently

GB = 10**9
# As seen on a card, or as torch's source words them.
SAID = [
    torch.OutOfMemoryError(
        "CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has a total capacity of 79.19 GiB"
    ),
    torch.AcceleratorError("CUDA error: out of memory\nCUDA kernel errors might be asynchronously reported"),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    RuntimeError("CUDA error: CUBLAS_STATUS_NOT_INITIALIZED when calling `cublasCreate(handle)`"),
    RuntimeError("cusolver error: CUSOLVER_STATUS_ALLOC_FAILED, when calling `cusolverDnCreate(handle)`"),
    RuntimeError("cusolver error: CUSOLVER_STATUS_INTERNAL_ERROR, when calling `cusolverDnCreate(handle)`"),
    RuntimeError("cuDNN error: CUDNN_STATUS_NOT_INITIALIZED"),
    RuntimeError("GET was unable to find an engine to execute this computation"),
]


@pytest.mark.parametrize("error", SAID, ids=lambda error: str(error)[:40])
def test_every_way_to_say_it(error):
    assert is_out_of_memory(error)


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("mat1 and mat2 shapes cannot be multiplied"),
        RuntimeError("CUDA error: an illegal memory access was encountered"),
        ValueError("CUDA out of memory"),
        ResourceError("no room for it on the GPU (CUDA out of memory)"),
    ],
)
def test_other_errors_are_what_they_are(error):
    assert not is_out_of_memory(error)

    def work():
        raise error

    with pytest.raises(type(error)):
        patiently(work)


@pytest.fixture
def card(monkeypatch):
    """A card of 80 GB that is not there, with so much `free` and such a `share` (MB);"""
    state = {"free": 80 * GB, "share": None, "slept": [], "clock": 0.0}

    def sleep(seconds):
        state["slept"].append(seconds)
        state["clock"] += seconds
        state.get("meanwhile", lambda: None)()

    def enlarge():
        if state["share"] in (None, 80_000):
            return False
        state["share"] = min(2 * state["share"], 80_000)
        return True

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: False)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda *_: (state["free"], 80 * GB))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda *_: 0)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda *_: 0)
    monkeypatch.setattr(memory, "keep_to_share", lambda _: None)
    monkeypatch.setattr(memory, "release", lambda: None)
    monkeypatch.setattr(cards, "share", lambda: state["share"])
    monkeypatch.setattr(cards, "enlarge_share", enlarge)
    monkeypatch.setattr(memory.time, "sleep", sleep)
    monkeypatch.setattr(memory.time, "monotonic", lambda: state["clock"])
    return state


def needs(state, gigabytes, error=SAID[0]):
    """Work that takes so much, of the job's share and of the card."""

    def work(name):
        if gigabytes * GB > state["free"] or (state["share"] and gigabytes * 1000 > state["share"]):
            raise error
        return f"{name} done"

    return work


@pytest.mark.parametrize("error", SAID, ids=lambda error: str(error)[:40])
def test_a_job_waits_for_who_holds_what_it_was_promised(card, error, caplog):
    """Somebody else's process holds 79 GB and lets go after 12 s."""
    card |= {"share": 25_000, "free": 1 * GB}
    card["meanwhile"] = lambda: card.update(free=80 * GB) if card["clock"] > 12 else None
    assert patiently(needs(card, 20, error), "job") == "job done"
    assert card["slept"] == [1, 2, 4, 8]
    assert caplog.messages[0].endswith("others hold it, trying again in 1 s")


def test_a_job_whose_share_is_too_small_gets_a_larger_one(card, caplog):
    card["share"] = 5000
    with caplog.at_level(logging.WARNING):
        assert patiently(needs(card, 18), "job") == "job done"
    assert card["share"] == 20_000
    assert card["slept"] == []
    assert [message.split("; ")[-1].split(": ")[-1] for message in caplog.messages] == [
        "going on with 10000 MB of it",
        "going on with 20000 MB of it",
    ]


def test_waiting_for_somebody_elses_process_has_a_bound(card):
    card["free"] = 1 * GB
    with pytest.raises(
        ResourceError, match=r"^relu1: no room for it on the GPU \(CUDA out of memory.*\); free the card"
    ):
        patiently(needs(card, 20), "job", what="relu1")
    assert memory.PATIENCE <= sum(card["slept"]) < memory.PATIENCE + 2 * memory.LONGEST_PAUSE


def test_what_no_card_holds_fails_at_once(card):
    card["share"] = 25_000
    with pytest.raises(ResourceError, match=r"^this job: no room for it on the GPU"):
        patiently(needs(card, 90), "job")
    assert card["share"] == 80_000
    assert card["slept"] == []


def test_on_a_cpu_nobody_is_waited_for():
    with pytest.raises(ResourceError, match=r"^this job: no room"):
        patiently(needs({"free": 0, "share": None}, 1), "job")


def test_room_is_the_share_not_what_happens_to_be_free(card):
    """25 GB claimed, of which 1 GB is CUDA's own; without a claim, what is free."""
    card |= {"free": 3 * GB, "share": 25_000}
    assert memory.room(torch.device("cuda")) == 24 * GB
    card["share"] = None
    assert memory.room(torch.device("cuda")) == 3 * GB


BALLAST = """
import sys, time, torch
free, total = torch.cuda.mem_get_info()
held = torch.empty(int(free - float(sys.argv[1])), dtype=torch.uint8, device="cuda")
print("held", flush=True)
time.sleep(float(sys.argv[2]))
"""


@pytest.fixture
def ballast():
    """Start a process that leaves so many bytes of the card for so many seconds."""
    started = []

    def start(leaves, seconds):
        command = [sys.executable, "-c", BALLAST, str(leaves), str(seconds)]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        assert started[-1].stdout.readline() == "held\n"

    yield start
    for process in started:
        process.kill()
        process.communicate()


JOB = """
import time, torch
from unpacking_softmax.machine.arithmetic import pick_device
from unpacking_softmax.machine.memory import patiently
from unpacking_softmax.measures.side_by_side import side_by_side
device = pick_device({megabytes})
def work():
    x = torch.ones({gigabytes} * 10**9, dtype=torch.uint8, device=device)
    matrices = [torch.eye(1024, dtype=torch.float64, device=device) * i for i in range(5)]
    sigma = side_by_side(torch.linalg.eigvalsh, matrices, device)
    return [s.max().item() for s in sigma], x[-1].item(), torch.empty(10**7).pin_memory().numel()
print(patiently(work))
"""
DONE = "([0.0, 1.0, 2.0, 3.0, 4.0], 1, 10000000)\n"


def run_job(megabytes, gigabytes):
    library = str(cards.__file__).rsplit("/unpacking_softmax/", 1)[0]
    environment = {**os.environ, "PYTHONPATH": library}
    command = [sys.executable, "-c", JOB.format(megabytes=megabytes, gigabytes=gigabytes)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)


@pytest.mark.gpu
@pytest.mark.parametrize("leaves", [5e8, 1.5e9, 3e9], ids=["no context", "no handles", "no tensors"])
def test_a_job_outlives_a_process_that_holds_most_of_the_card(ballast, leaves):
    began = time.monotonic()
    ballast(leaves, 15)
    done = run_job(8000, 6)
    assert done.stdout == DONE, done.stderr
    assert time.monotonic() - began > 15


@pytest.mark.gpu
def test_a_job_keeps_to_its_share_and_asks_for_more():
    """6 GB do not fit into a share of 4 GB: it doubles twice."""
    done = run_job(4000, 6)
    assert done.stdout == DONE, done.stderr
