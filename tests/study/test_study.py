"""A study's parts by name: runs of grids, what targets read, what runs are shown with."""

import pytest

from study_files import PROJECT, altered, merged
from unpacking_softmax.study.paths import Run
from unpacking_softmax.study.study import Grid, Study

DATASET = {"source": "digits", "augment": "none",
           "size": 16, "scene": False, "train": 900, "test": 9, "seed": 0}  # fmt: skip
OWN = {"dataset": "own", "architecture": "mlp"}
GRIDS = {
    "main": {
        **OWN,
        "temperatures": [1, 10.0, 0.5],
        "low_norm": 0.5,
        "ood": ["far"],
        "detection": ["near"],
        "snapshots": True,
    },
    "wide": {**OWN, "temperatures": [10, 200], "low_norm": 200.0, "seeds": [2], "ood": ["near"]},
    "plain": {**OWN, "variant": "mse", "temperatures": [1, "match-mlp@mse"]},
}


def study(**changes):
    """Three grids on one data set; keyword arguments replace sections."""
    config = merged(PROJECT / "config" / "config.yaml")
    return Study(
        {
            **config,
            "results": "out",
            "seeds": [0, 1],
            "datasets": {name: {**DATASET, "label": f"the {name} data"} for name in ("own", "far", "near")},
            "variants": {"base": {}, "mse": {"loss": "mse"}},
            "grids": GRIDS,
            "figures": {},
            "tables": {},
            **changes,
        }
    )


def run(temperature, seed, variant="base"):
    return Run("own", "mlp", variant, temperature, seed)


def folder(temperature, seed, variant="base"):
    return f"out/runs/own/mlp/{variant}/T{temperature}/seed{seed}"


def test_grids():
    grids = study().grids
    assert list(grids) == ["main", "wide", "plain"]
    assert grids["main"].temperatures == ("1", "10", "0.5")
    assert grids["main"].baseline == "1"
    assert grids["wide"].baseline == "10"
    assert (grids["main"].variant, grids["plain"].variant) == ("base", "mse")
    assert (grids["main"].seeds, grids["wide"].seeds) == ((0, 1), (2,))
    assert grids["plain"].ood == grids["plain"].detection == ()
    assert [grid.snapshots for grid in grids.values()] == [True, False, False]
    assert [grid.low_norm for grid in grids.values()] == ["0.5", "200", None]


def test_runs_of_a_grid():
    grids = study().grids
    assert grids["wide"].runs() == [run("10", 2), run("200", 2)]
    assert grids["main"].runs() == [run(t, seed) for t in ("1", "10", "0.5") for seed in (0, 1)]
    assert grids["main"].runs(["0.5"]) == [run("0.5", 0), run("0.5", 1)]
    assert grids["main"].runs(seeds=[1]) == [run("1", 1), run("10", 1), run("0.5", 1)]


def test_targets_come_in_the_papers_order():
    bound = study(
        figures={
            "neural-collapse": {"grids": ["main"]},
            "fig11": {"grid": "main", "ood": "far"},
            "fig6": {},
            "fig1": {"grid": "main", "ood": "far"},
        },
        tables={"table5": {}, "table1": {"rows": ["main"]}},
    )
    assert bound.figures() == ["fig1", "fig6", "fig11", "neural-collapse"]
    assert bound.figures("layers") == ["fig1", "fig11"]
    assert bound.figures("heat_maps") == []
    assert bound.tables() == ["table1", "table5"]
    assert bound.tables("probe_settings") == ["table5"]
    assert bound.binding("fig6") == {"columns": 2}
    assert bound.binding("table1") == {"rows": [{"grid": "main", "ood": "far"}]}


@pytest.mark.parametrize(
    ("binding", "runs"),
    [
        ({}, [("1", 0), ("1", 1), ("10", 0), ("10", 1), ("0.5", 0), ("0.5", 1)]),
        ({"temperatures": [0.5, 10]}, [("0.5", 0), ("0.5", 1), ("10", 0), ("10", 1)]),
        ({"seeds": [1]}, [("1", 1), ("10", 1), ("0.5", 1)]),
        ({"temperatures": [10], "seeds": [0]}, [("10", 0)]),
    ],
)
def test_runs_of_a_figure_with_one_grid(binding, runs):
    bound = study(figures={"fig1": {"grid": "main", "ood": "far", **binding}})
    assert bound.runs_of("fig1") == [run(*names) for names in runs]
    assert [grid.name for grid in bound.grids_of("fig1")] == ["main"]
    assert bound.temperatures_of("fig1") == list(dict.fromkeys(t for t, _ in runs))


def test_runs_of_several_grids_come_once():
    """Grids may share runs: T = 10, seed 2 belongs to both here."""
    grids = {**GRIDS, "main": {**GRIDS["main"], "seeds": [2]}}
    bound = study(grids=grids, figures={"neural-collapse": {"grids": ["wide", "main"]}})
    temperatures = ["10", "200", "1", "0.5"]
    assert bound.runs_of("neural-collapse") == [run(t, 2) for t in temperatures]
    assert [grid.name for grid in bound.grids_of("neural-collapse")] == ["wide", "main"]


def test_a_row_reads_the_temperature_of_low_norm_and_the_baseline():
    bound = study(tables={"table1": {"rows": ["main", "wide"]}})
    shown = [("1", 0), ("1", 1), ("0.5", 0), ("0.5", 1), ("10", 2), ("200", 2)]
    assert bound.runs_of("table1") == [run(*names) for names in shown]


def test_a_row_of_a_table_of_all_temperatures_reads_all():
    bound = study(tables={"table7": {"rows": ["wide"]}})
    assert bound.runs_of("table7") == [run("10", 2), run("200", 2)]


def test_a_panel_reads_its_temperature_and_the_baselines():
    panels = [{"title": "a", "grids": ["main", "plain"], "temperature": 1},
              {"title": "b", "grids": ["plain"], "temperature": "match-mlp@mse"}]  # fmt: skip
    bound = study(figures={"fig17": {"panels": panels, "seeds": [1]}})
    assert bound.runs_of("fig17") == [run("1", 1), run("1", 1, "mse"), run("match-mlp@mse", 1, "mse")]
    assert [grid.name for grid in bound.grids_of("fig17")] == ["main", "plain"]


def test_files_of_a_figure():
    bound = study(figures={"fig1": {"grid": "wide", "ood": "near"}})
    runs = [folder("10", 2), folder("200", 2)]
    assert bound.files_of("fig1") == {
        "probes": [f"{run}/probes.parquet" for run in runs],
        "spectra": [f"{run}/spectra.parquet" for run in runs],
        "depth": [f"{run}/depth.parquet" for run in runs],
        "record": [f"{run}/run.json" for run in runs],
        "theory": [],
    }


def test_files_of_targets_without_runs():
    bound = study(
        figures={
            "fig6": {},
            "fig8": {"datasets": ["own", "far"], "architectures": ["mlp", "resnet20"]},
        },
        tables={"table4": {"recipes": ["mlp"]}},
    )
    assert bound.files_of("fig6") == {"theory": ["out/theory/softmax_rank.parquet"]}
    assert bound.files_of("fig8")["initial_norms"] == [
        f"out/initial_norms/{name}/base.parquet"
        for name in ("own/mlp", "own/resnet20", "far/mlp", "far/resnet20")
    ]
    assert bound.files_of("table4") == {"theory": []}
    assert bound.runs_of("fig8") == bound.grids_of("fig6") == []


def test_files_of_a_matched_temperature():
    matched = run("match-mlp@mse", 0, "mse")
    assert study().calibration_of(matched) == ["out/calibration/own/mlp/mse/Tmatch-mlp@mse.json"]
    assert study().reference_norms("own", "match-mlp@mse") == "out/initial_norms/own/mlp/mse.parquet"
    assert study().reference_norms("far", "match-mlp") == "out/initial_norms/far/mlp/base.parquet"
    assert study().calibration_of(run("10", 0)) == []


def test_data_that_a_run_is_shown_with():
    """All that any grid asks for: T = 10 with seed 2 is in two grids once `main` has that seed."""
    both = study(grids={**GRIDS, "main": {**GRIDS["main"], "seeds": [2]}})
    assert [grid.name for grid in both.grids_with(run("10", 2))] == ["main", "wide"]
    assert both.ood_of(run("10", 2)) == ["far", "near"]
    assert both.ood_of(run("1", 2)) == ["far"]
    assert both.detection_of(run("200", 2)) == []
    assert both.others_of(run("1", 2)) == ["far", "near"]
    assert both.grids_with(run("7", 2)) == []


def test_a_question_for_each_job_does_not_list_the_runs_anew(monkeypatch):
    """Planning asks these of every job: listing all runs each time would take the square of their number."""
    several, listed = study(), []
    monkeypatch.setattr(Grid, "runs", lambda grid, once=Grid.runs: listed.append(grid.name) or once(grid))
    for job in [run("1", 0), run("10", 2), run("1", 1, "mse")]:
        several.ood_of(job), several.detection_of(job), several.others_of(job)
    assert listed == ["main", "wide", "plain"]


def test_files_of_the_verdict():
    """Every measure that a grid's settings allow, once, though grids share runs."""
    grids = {"main": {**GRIDS["main"], "seeds": [2]}, "wide": GRIDS["wide"], "plain": GRIDS["plain"]}
    files = study(grids=grids).verdict_files()
    main = [folder(t, 2) for t in ("1", "10", "0.5")]
    wide = [*main, folder("200", 2)]
    everywhere = [*wide, *(folder(t, seed, "mse") for t in ("1", "match-mlp@mse") for seed in (0, 1))]
    assert files["record"] == [f"{run}/run.json" for run in everywhere]
    assert files["depth"] == [f"{run}/depth.parquet" for run in wide]
    assert files["detection"] == [f"{run}/detection.parquet" for run in main]
    assert files["gradients"] == [f"{run}/gradients.parquet" for run in main]
    assert len(files["theory"]) == 4


def test_labels():
    assert study().label("far") == "the far data"


def test_a_study_is_not_changed_by_reading_it():
    config = study().config
    kept = altered(config, "results", "out")
    Study(config).verdict_files()
    assert config == kept
