"""Printed numbers beside ours: matching by data and network, stand-ins, missing runs, remarks."""

import pandas as pd
import pytest
from made_up import CLASSES, evidence, grid, records, settings, spectra, table

from unpacking_softmax.verdict.comparison import NO_RUN, SAME, STAND_IN, paper_vs_ours
from unpacking_softmax.verdict.report import comparison_text


def study(papers_data=None, accuracy=None, status=None, classes=CLASSES, more=()):
    """An MLP, and a ResNet for each number of classes, all with a low norm and other data."""
    grids = [grid("m", architecture="mlp", temperatures=("1", "10"), low_norm="10")]
    for count in (classes, *more):
        grids.append(grid(f"g{count}", dataset="own" if count == classes else "hundred", low_norm="100"))
    frames = {"record": [], "spectra": [], "depth": [], "probes": [], "detection": []}
    for g, count in zip(grids, (classes, classes, *more), strict=True):
        frames["record"].append(records(g, accuracy=accuracy, status=status))
        ranks = {"1": 4, "100": [1, 2, 3]} if count == classes else count - 1
        frames["spectra"].append(spectra(g, ranks, classes=count))
        shares = {"kappa_n": 0.75, "kappa_relu": 0.5, "rho": {"1": [0.1, 0.2, 0.3], "100": 0.6, "10": 0.7}}
        frames["depth"].append(table(g, source="other", rho_logits=0.0, **shares))
        frames["probes"] += [
            table(g, source=g["dataset"], point="p", index=i, accuracy=0.8, model_accuracy=0.8)
            for i in (1, 2, 3)
        ]
        frames["detection"].append(table(g, source="far", score="neco", auroc=0.7, fpr95=0.4))
    frames = {kind: pd.concat(parts, ignore_index=True) for kind, parts in frames.items()}
    return evidence(settings(*grids, papers_data=papers_data or {}), frames)


KEY = ["table", "dataset", "architecture", "condition", "measure"]


OURS = {"own": "CIFAR-10", "far": "CIFAR-100", "other": "SVHN"}


def compared(papers_data=OURS, **more):
    return paper_vs_ours(study(papers_data, **more)).set_index(KEY)


def test_the_papers_own_data_and_network():
    row = compared().loc[("Table 1", "CIFAR-10", "resnet18", "baseline", "rho")]
    # Seeds 10, 20 and 30 %: mean 20, sample deviation 10.
    assert (row["paper"], row["mean"], row["sd"], row["n"]) == pytest.approx((29, 20, 10, 3))
    assert row["data"] == SAME
    assert row["paper_elsewhere"] == "8 in Table 7 (T = 1)"
    low = compared().loc[("Table 1", "CIFAR-10", "resnet18", "low", "sr")]
    assert (low["mean"], low["our_temperature"]) == (2, "100")


def test_each_table_has_its_axis_of_kappa():
    found = compared()
    assert found.loc[("Table 1", "CIFAR-10", "resnet18", "baseline", "kappa_n"), "mean"] == 75
    assert found.loc[("Table 7", "CIFAR-10", "resnet18", "T = 1", "kappa_relu"), "mean"] == 50


def test_table_8_has_the_axis_of_table_7():
    """Our resnet18 stands on CIFAR-10; named CIFAR-100 it is Table 8's."""
    found = compared({**OURS, "own": "CIFAR-100", "far": "CIFAR-10"})
    assert found.loc[("Table 8", "CIFAR-100", "resnet18", "T = 1", "kappa_relu"), "mean"] == 50


def test_a_stand_in_of_the_same_family_says_what_it_is():
    row = compared({}).loc[("Table 1", "CIFAR-10", "resnet18", "low", "rho")]
    assert (row["data"], row["our_architecture"], row["our_data"]) == (STAND_IN, "resnet18", "Own → Other")
    assert row["mean"] == pytest.approx(60)
    mlp = compared({}).loc[("Table 1", "CIFAR-10", "mlp", "low", "rho")]
    assert (mlp["data"], mlp["our_architecture"]) == (STAND_IN, "mlp")


@pytest.mark.parametrize(
    ("ours", "standing_in"),
    [
        ((5,), None),  # ten classes more or fewer are too far: no run
        ((10, 120), "Hundred"),  # the nearest
        ((120, 10), "Own"),
        ((5, 100), None),
        ((5, 101), "Hundred"),
    ],
)
def test_a_stand_in_has_the_nearest_number_of_classes_or_there_is_none(ours, standing_in):
    found = compared({}, classes=ours[0], more=ours[1:])
    row = found.loc[("Table 9", "ImageNet-1k", "resnet50", "T = 100", "sr")]
    assert row["data"] == (NO_RUN if standing_in is None else STAND_IN)
    if standing_in:
        assert row["our_data"].startswith(standing_in)
    else:
        assert row["n"] == 0


def test_what_the_study_lacks():
    found = compared()
    assert found.loc[("Table 7", "CIFAR-10", "resnet18", "T = 1000", "sr"), "data"] == NO_RUN
    assert found.loc[("Table 3", "CIFAR-10", "vgg19", "low", "sr"), "data"] == NO_RUN
    assert found.loc[("Table 2", "CIFAR-10 → CIFAR-100", "vit_base_patch16_224", "low", "auroc"), "n"] == 0


def test_detection():
    row = compared().loc[("Table 2", "CIFAR-10 → CIFAR-100", "resnet18", "low", "fpr95")]
    assert (row["data"], row["paper"], row["mean"]) == (SAME, 55.87, pytest.approx(40))
    reversed_sets = compared().loc[("Table 2", "CIFAR-100 → CIFAR-10", "resnet18", "low", "fpr95")]
    assert reversed_sets["data"] == NO_RUN  # five classes are no stand-in for a hundred


def test_remarks_on_runs():
    key = ("Table 1", "CIFAR-10", "resnet18", "low", "sr")
    assert compared(accuracy={"100": 0.5}).loc[key, "note"] == "accuracy differs"
    unlike = {"100": [0.8, 0.78, 0.8]}
    assert compared(accuracy=unlike).loc[key, "note"] == "accuracy not shown to match"
    row = compared(status={"100": ["trained", "diverged", "diverged"]})
    row = row.loc[("Table 1", "CIFAR-10", "resnet18", "low", "sr")]
    assert row["n"] == 1
    assert "2 of 3 runs failed" in row["note"]


def test_rho_says_where_its_ood_data_are_not_the_papers():
    key = ("Table 1", "CIFAR-10", "resnet18", "low")
    assert compared().loc[(*key, "rho"), "note"] == ""
    found = compared({"own": "CIFAR-10"})
    assert found.loc[(*key, "rho"), "note"] == "OOD data: Other, the paper's: SVHN"
    assert found.loc[(*key, "sr"), "note"] == ""


def test_folders_of_resized_images_go_by_the_papers_name():
    g = grid("g", architecture="resnet34", temperatures=("1", "1000"), low_norm="1000")
    g["labels"] |= {"own": "ImageNet-1k", "other": "CIFAR-100 at 224 px"}
    probes = [table(g, source="own", point="p", index=i, accuracy=0.8, model_accuracy=0.8) for i in (1, 2, 3)]
    depth = table(g, source="other", kappa_n=1.0, kappa_relu=1.0, rho=0.05, rho_logits=0.0)
    frames = {"record": records(g), "spectra": spectra(g), "depth": depth, "probes": pd.concat(probes)}
    found = paper_vs_ours(evidence(settings(g), frames)).set_index(KEY)
    row = found.loc[("Table 9", "ImageNet-1k", "resnet34", "T = 1", "rho")]
    assert (row["data"], row["our_data"], row["note"]) == (SAME, "ImageNet-1k → CIFAR-100 at 224 px", "")


def test_text():
    text = comparison_text(compared().reset_index(), "made up")
    assert (
        "| CIFAR-10 | resnet18 | baseline | rho | 29 | 20.0 ± 10.0 | 3 | the paper's data: resnet18" in text
    )
    assert "| CIFAR-10 | resnet20 | T = 1000 | sr | – | – | 0 | no run |" in text


def test_where_the_paper_disagrees_with_itself_is_listed_once():
    text = comparison_text(compared().reset_index(), "made up").partition("disagrees with itself")[2]
    assert "| CIFAR-10 | resnet18 | baseline | rho | 29 in Table 1 | 8 in Table 7 (T = 1) |" in text
    low = (
        "| CIFAR-10 | resnet18 | low | rho | 54 in Table 1 | 42, 49, 52 in Table 7 (T = 10, 100, 1000) |",
        "| CIFAR-100 | resnet18 | low | sr | 59 in Table 1 | 99, 94, 57 in Table 8 (T = 10, 100, 200) |",
        "| CIFAR-100 | resnet34 | low | sr | 72 in Table 1 | 99, 90, 61 in Table 8 (T = 10, 100, 200) |",
    )
    assert all(line in text for line in low)
    # Table 1: rho of three baselines and three lows, SR of two lows. Table 3: one on CIFAR-10, five on 100.
    assert text.count("\n| CIFAR") == 14
    assert "in Table 1 (" not in text
