"""A notice to stop ends training at once; started again, it goes on to the same numbers."""

import json
import os
import re
import signal

import pandas as pd
import pytest
import torch
from safetensors import safe_open
from train_job import Job

from unpacking_softmax.training import loop
from unpacking_softmax.training.loop import RESUME_FILE, train
from unpacking_softmax.training.preemption import NOTICES, Preempted, notices

RESNET8 = {"network": "resnet8", "width": None, "depth": None}
# Seconds of training in epochs of some milliseconds: a signal finds it well before its end.
LONG = {
    "recipe": {"epochs": 80, "milestones": [60]},
    "augment": "crop-flip",
    "snapshots": [0, 3, 80],
    **RESNET8,
}


def numbers(history):
    """The history without its timings, as text: NaN equals NaN."""
    return json.dumps([{k: v for k, v in row.items() if k != "seconds"} for row in history])


@pytest.fixture
def notify(monkeypatch):
    """From here on `number` comes in epoch `epoch`, when its steps are done and it is not yet finished."""

    def arm(number, epoch):
        evaluate, calls = loop.evaluate, []

        def interrupted(*arguments):
            calls.append(arguments)
            if len(calls) == epoch + 1:  # the first call is of the network as initialised
                signal.raise_signal(number)
            return evaluate(*arguments)

        monkeypatch.setattr(loop, "evaluate", interrupted)

    yield arm
    monkeypatch.undo()


@pytest.mark.parametrize("number", NOTICES, ids=lambda number: number.name)
def test_epoch_in_hand_is_dropped_and_done_again(
    make_data, make_settings, notify, monkeypatch, tmp_path, number
):
    settings = make_settings(recipe={"epochs": 4, "milestones": [2]}, snapshots=[0, 2, 3, 4], **RESNET8)
    data = make_data(size=16)
    expected = train(settings, data, tmp_path / "whole")
    handler = signal.getsignal(number)
    notify(number, epoch=3)
    with pytest.raises(Preempted) as notice:
        train(settings, data, tmp_path / "cut")
    assert (notice.value.code, str(notice.value)) == (os.EX_TEMPFAIL, number.name)
    assert signal.getsignal(number) is handler
    with safe_open(tmp_path / "cut" / RESUME_FILE, "pt") as archive:
        assert [row["epoch"] for row in json.loads(archive.metadata()["history"])] == [0, 1, 2]
    monkeypatch.undo()
    resumed = train(settings, data, tmp_path / "cut")
    assert numbers(resumed.history) == numbers(expected.history)
    for name, value in resumed.model.state_dict().items():
        assert torch.equal(value, expected.model.state_dict()[name]), name
    for file in sorted((tmp_path / "whole" / "snapshots").iterdir()):
        assert file.read_bytes() == (tmp_path / "cut" / "snapshots" / file.name).read_bytes()


def test_time_of_all_sittings_counts(make_data, make_settings, notify, monkeypatch, tmp_path):
    settings = make_settings(recipe={"epochs": 4})
    assert train(settings, make_data(), tmp_path / "whole").seconds_before == 0
    notify(signal.SIGTERM, epoch=3)
    with pytest.raises(Preempted):
        train(settings, make_data(), tmp_path)
    monkeypatch.undo()
    resumed = train(settings, make_data(), tmp_path)
    assert resumed.seconds_before == sum(row["seconds"] for row in resumed.history[:3]) > 0


def test_training_whose_snakemake_is_gone_stops(make_data, make_settings, monkeypatch, tmp_path):
    parents = iter([100, 100, 1])
    monkeypatch.setattr(loop.os, "getppid", lambda: next(parents))
    with pytest.raises(Preempted):
        train(make_settings(recipe={"epochs": 4}), make_data(), tmp_path)
    with safe_open(tmp_path / RESUME_FILE, "pt") as archive:
        assert len(json.loads(archive.metadata()["history"])) == 3


def test_second_notice_does_not_disturb_the_first():
    saved = []

    def stopped():
        with notices():
            try:
                signal.raise_signal(signal.SIGUSR1)
            except Preempted:
                signal.raise_signal(signal.SIGTERM)
                saved.append("all of it")
                raise

    with pytest.raises(Preempted, match="SIGUSR1"):
        stopped()
    assert saved == ["all of it"]


def test_job_stopped_twice_and_killed_once_gives_the_same_files(make_data, make_settings, tmp_path):
    settings, data = make_settings(**LONG), make_data(size=16)
    whole, cut = (Job(tmp_path / name, settings, data) for name in ("whole", "cut"))
    assert whole.run() == 0
    for number, epoch in ((signal.SIGTERM, 5), (signal.SIGUSR1, 20)):
        assert cut.interrupt(number, epoch) == os.EX_TEMPFAIL
        said = cut.said().splitlines()
        done = int(re.search(r"epoch (\d+)/80", said[-2])[1])
        assert said[-1].endswith(
            f"stopped by {number.name}; started again, training goes on after epoch {done}"
        )
        assert not any(path.exists() for path in cut.output.values())
    kept = cut.resume_file.read_bytes()
    assert cut.interrupt(signal.SIGKILL, done + 5) == -signal.SIGKILL
    assert cut.resume_file.read_bytes() == kept
    assert cut.run() == 0
    assert f"resuming {cut.resume_file} after epoch {done}\n" in cut.said()
    assert {p.name for p in cut.folder.iterdir()} == {p.name for p in whole.folder.iterdir()}
    snapshots = [
        f"snapshots/{name}" for name in ("index.json", *(f"epoch{i}.safetensors" for i in (0, 3, 80)))
    ]
    for name in ("model.safetensors", *snapshots):
        assert (cut.folder / name).read_bytes() == (whole.folder / name).read_bytes(), name
    histories = (pd.read_parquet(job.output["history"]).drop(columns="seconds") for job in (cut, whole))
    pd.testing.assert_frame_equal(*histories, check_exact=True)


def test_job_refuses_the_resume_file_of_other_settings(make_data, make_settings, tmp_path):
    settings, data = make_settings(**LONG), make_data(size=16)
    job = Job(tmp_path / "run", settings, data)
    assert job.interrupt(signal.SIGTERM, epoch=5) == os.EX_TEMPFAIL
    kept = job.resume_file.read_bytes()
    other = make_settings(**{**LONG, "recipe": {"epochs": 2}})
    job, fresh = (Job(tmp_path / name, other, data) for name in ("run", "fresh"))
    assert job.run() == fresh.run() == 0
    assert f"not resuming from {job.resume_file}: it belongs to other settings, data or code" in job.said()
    assert job.output["model"].read_bytes() == fresh.output["model"].read_bytes()
    assert job.resume_file.with_suffix(".unused").read_bytes() == kept
    assert not job.resume_file.exists()
