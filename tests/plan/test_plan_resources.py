"""What jobs ask a cluster for."""

from dataclasses import replace

import pytest

from study_files import PROJECT, merged, tiny
from table_5 import TABLE_5
from unpacking_softmax.measures.probe import working_bytes
from unpacking_softmax.plan.resources import ON_CARD, ROOM, SLOWER, START, Need, Needs
from unpacking_softmax.study.paths import Run
from unpacking_softmax.study.study import Study


@pytest.fixture(scope="module")
def paper() -> Needs:
    return Needs(Study(merged(PROJECT / "config" / "paper.yaml")))


def run(architecture, dataset="cifar100"):
    return Run(dataset, architecture, "base", "1", 0)


def test_a_request_is_the_measure_times_the_margin_and_grows_with_the_attempt():
    need = Need(megabytes=1000.2, seconds=600)
    assert [need.mem(attempt) for attempt in (1, 2, 3)] == ["2001MB", "4002MB", "6003MB"]
    assert (ROOM, SLOWER, START) == (2, 4, 5)
    assert [need.runtime(attempt) for attempt in (1, 2, 3)] == [45, 90, 135]


def test_training_lasts_its_epochs(paper):
    """docs/paper-grid.md: 164 epochs of 1.05 s; a ResNet-34's take 1.87 s, an MLP's hundred 0.19 s."""
    assert paper.train(run("resnet18")).seconds == pytest.approx(164 * 1.05)
    assert paper.train(run("resnet34")).seconds == pytest.approx(164 * 1.87)
    assert paper.train(run("mlp")).seconds == pytest.approx(100 * 0.19)


def test_measures_last_as_measured_for_a_resnet18(paper):
    assert paper.extract(run("resnet18"), "cifar100").seconds == pytest.approx(30)
    svhn = 99_289 / 60_000
    # Two further probe seeds take a quarter of the first one's time each.
    assert paper.probe(run("resnet18")).seconds == pytest.approx(1.5 * 5 * (1 + svhn))


def test_probes_claim_what_their_heads_take_on_a_card():
    """Three heads of 10 classes and 64 features at each of 8 points: weights, gradients, moments, a copy of
    4 bytes each; 12 bytes a logit of 100 samples; 100 samples of 2 bytes a feature."""
    few, many = tiny(), tiny()
    few["probes"]["seeds"], many["probes"]["seeds"] = 1, 4
    one = Run("glyphs10", "resnet8", "base", "10", 0)
    apart = Needs(Study(many)).probe(one).card - Needs(Study(few)).probe(one).card
    assert apart == pytest.approx(8 * 3 * 10 * (20 * 64 + 12 * 100) / 1e6 / 0.7)
    assert (
        working_bytes(64, 10, 3, replace(TABLE_5, batch=100), 2) == 30 * (20 * 64 + 12 * 100) + 2 * 100 * 64
    )


def test_memory_counts_every_data_set_once(paper):
    """60,000 images of 32 px are 184 MB."""
    cifar, svhn = 60_000 * 3072 / 1e6, 99_289 * 3072 / 1e6
    assert paper.train(run("resnet18")).megabytes == pytest.approx(ON_CARD + 2 * cifar)
    assert paper.extract(run("resnet18"), "cifar100").megabytes == pytest.approx(ON_CARD + 2 * cifar)
    assert paper.extract(run("resnet18"), "svhn").megabytes == pytest.approx(ON_CARD + 2 * (cifar + svhn))


def test_requests_hold_the_measured_peaks(paper):
    """Peaks in MB of an H100 run on CIFAR-100's size (docs/running-on-a-cluster.md)."""
    peaks = {
        paper.train(run("resnet18")): 2171,
        paper.extract(run("mlp"), "cifar100"): 2313,
        paper.probe(run("resnet18")): 2204,
        paper.dynamics(run("resnet18")): 2481,
        paper.tabulate(): 2392,
        paper.detection(run("mlp")): 11319,
    }
    assert all(peak <= need.megabytes for need, peak in peaks.items())
    assert all(need.megabytes < 1.5 * peak for need, peak in peaks.items())


def test_larger_images_ask_for_more(tmp_path, monkeypatch):
    """A folder counts as UNKNOWN images until it is prepared, then as many as its file holds."""
    monkeypatch.chdir(tmp_path)
    config = merged(PROJECT / "config" / "tinyimagenet.yaml")
    needs = Needs(Study(config))
    before = needs.train(run("resnet18", "tinyimagenet100-32"))
    assert before.seconds == pytest.approx(164 * 1.05 * 150_000 / 60_000)
    file = tmp_path / needs.study.paths("dataset", dataset="tinyimagenet100-32")
    file.parent.mkdir(parents=True)
    file.write_bytes(bytes(30_000 * 3 * 32**2))
    after = needs.train(run("resnet18", "tinyimagenet100-32"))
    assert after.seconds == pytest.approx(164 * 1.05 * 30_000 / 60_000)
    assert before.megabytes - after.megabytes == pytest.approx(2 * 120_000 * 3072 / 1e6)


def test_every_job_of_the_tiny_study_asks_for_something_small():
    needs = Needs(Study(tiny()))
    one = Run("glyphs10", "resnet8", "base", "10", 0)
    asked = [
        needs.prepare_dataset("digits"),
        needs.initial_norms("glyphs10", "vgg8"),
        needs.train(one),
        needs.extract(one, "digits"),
        needs.probe(one),
        needs.dynamics(one),
        needs.tabulate(),
        needs.detection(one),
    ]
    assert all(0 < need.seconds < 300 and 500 < need.megabytes < 4000 for need in asked)


def test_a_card_is_asked_for_what_was_measured_on_it(paper):
    """MB: training more than its peak (3.7 GiB, docs/performance.md) and a context; of an extraction all 17
    Gram matrices of 800, and the logits'; of a network with more points a group of them."""
    assert paper.train(run("resnet18")).gpu_mem(1) > 3.7 * 1074 + 1000
    extraction = paper.extract(run("resnet18"), "cifar100").gpu_mem(1)
    assert 17 * 800 + 1000 < extraction < 40_000
    assert paper.extract(run("resnet34"), "cifar100").gpu_mem(1) == extraction
    assert paper.extract(run("resnet18"), "svhn").gpu_mem(1) < extraction / 4  # no Gram matrix
    assert paper.extract(run("mlp"), "cifar10").gpu_mem(2) == 2 * paper.extract(
        run("mlp"), "cifar10"
    ).gpu_mem(1)
    assert paper.tabulate().gpu_mem(1) == paper.detection(run("mlp")).gpu_mem(1) == 0


def test_three_extractions_and_a_training_share_an_h100(paper):
    """81,559 MiB, of which 97 % are dealt; more wait for their turn."""
    taken = 3 * paper.extract(run("resnet18"), "cifar100").gpu_mem(1) + paper.train(run("resnet18")).gpu_mem(
        1
    )
    assert taken < 0.97 * 81_559 * 2**20 / 1e6 < taken + 25_000


def test_detection_of_few_images_takes_one_core(paper):
    assert paper.detection(run("mlp")).threads == 4
    assert Needs(Study(tiny())).detection(Run("glyphs10", "resnet8", "base", "10", 0)).threads == 1
