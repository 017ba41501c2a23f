"""Data sets without a root, and everything that goes with them."""

from unpacking_softmax.study.switched_off import without_switched_off

GRID = {"temperatures": [1], "ood": [], "detection": []}


def study(root):
    return {
        "title": "t",
        "datasets": {"here": {"source": "glyphs"}, "away": {"source": "folder", "root": root}},
        "architectures": {"both": {}, "only-away": {}, "unused": {}},
        "grids": {
            "near": {**GRID, "dataset": "here", "architecture": "both"},
            "far": {**GRID, "dataset": "away", "architecture": "only-away"},
            "crossed": {**GRID, "dataset": "here", "architecture": "both", "ood": ["away"]},
        },
        "figures": {
            "fig1": {"grid": "near"},
            "fig2": {"grid": "far"},
            "fig8": {"datasets": ["away", "here"], "architectures": ["only-away", "unused"]},
            "fig22": {"grids": ["near", "crossed"]},
            "fig17": {"panels": [{"grids": ["near"]}, {"grids": ["near", "far"]}]},
        },
        "tables": {
            "table1": {"rows": [{"grid": "near"}, {"grid": "far"}]},
            "table9": {"rows": [{"grid": "far"}]},
        },
    }


def test_a_data_set_without_root_takes_along_what_needs_it():
    left = without_switched_off(study(None))
    assert set(left["datasets"]) == {"here"}
    assert set(left["grids"]) == {"near"}
    assert set(left["architectures"]) == {"both", "unused"}
    assert left["figures"] == {
        "fig1": {"grid": "near"},
        "fig8": {"datasets": ["here"], "architectures": ["unused"]},
        "fig22": {"grids": ["near"]},
        "fig17": {"panels": [{"grids": ["near"]}]},
    }
    assert left["tables"] == {"table1": {"rows": [{"grid": "near"}]}}
    assert left["title"] == "t"


def test_nothing_is_lost_once_the_root_is_named():
    assert without_switched_off(study("data/away")) == study("data/away")


def test_a_network_whose_norm_is_matched_stays():
    config = study(None)
    config["grids"]["near"]["temperatures"] = [1, "match-only-away@wide"]
    assert set(without_switched_off(config)["architectures"]) == {"both", "only-away", "unused"}
