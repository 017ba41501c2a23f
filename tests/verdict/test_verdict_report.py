"""The verdict as files."""

import json
from pathlib import Path

import pandas as pd
from made_up import evidence, grid, records, settings, spectra

from unpacking_softmax.verdict.claims import CLAIMS, judge
from unpacking_softmax.verdict.page import scope
from unpacking_softmax.verdict.report import write_claims


def written(tmp_path, papers_data=None, grids=(), variants=None, ranks=(1, 2, 1), accuracy=None):
    grids = grids or (grid("g"),)
    frames = {
        "record": pd.concat(records(g, accuracy) for g in grids),
        "spectra": pd.concat(spectra(g, {"100": list(ranks)}) for g in grids),
    }
    found = evidence(settings(*grids, papers_data=papers_data or {}, variants=variants), frames)
    names = {"claims": "c.md", "claims_csv": "c.csv", "claims_json": "c.json"}
    output = {key: str(tmp_path / name) for key, name in names.items()}
    write_claims(judge(found), found, output)
    return output


def page(*args, **more):
    return Path(written(*args, **more)["claims"]).read_text(encoding="utf-8")


def test_json_is_strict_and_holds_every_claim(tmp_path):
    def refuse(constant):
        raise AssertionError(constant)

    text = Path(written(tmp_path)["claims_json"]).read_text(encoding="utf-8")
    found = json.loads(text, parse_constant=refuse)
    assert [claim["id"] for claim in found["claims"]] == [claim.id for claim in CLAIMS]
    first = found["claims"][0]
    assert first["outcome"] == "supported"
    assert first["findings"][0]["n"] == 3
    assert (first["in_favour"], first["against"], first["open"]) == (1, 0, 0)
    assert first["outcomes_by_reading"] == dict.fromkeys(
        ("torch", "1e-8", "1e-8-absolute", "1e-3"), "supported"
    )
    assert 0 < first["p"] <= first["p_holm"] <= 1


def test_csv_has_a_row_for_every_finding_and_every_claim(tmp_path):
    table = pd.read_csv(written(tmp_path)["claims_csv"])
    assert set(table["id"]) == {claim.id for claim in CLAIMS}
    falls = table[table["id"] == "sr-falls"].iloc[0]
    # Differences -3, -2, -3: mean -8/3, s = 1/sqrt(3), half width 4.302653 / 3.
    assert abs(falls["estimate"] + 8 / 3) < 1e-5
    assert abs(falls["low"] - (-8 / 3 - 4.302653 / 3)) < 1e-5
    assert falls["statistic"] == "difference of SR < 0"
    assert falls["median"] == -3
    assert falls["reading"] == "torch"
    assert list(table.loc[table["id"] == "sr-falls", "reading"]) == ["torch", "1e-8", "1e-8-absolute", "1e-3"]


def test_csv_says_of_each_claim_what_it_rests_on(tmp_path):
    # Ranks 1, 1, 4 of 4 at T = 100: differences -3, -3, 0.
    table = pd.read_csv(written(tmp_path, ranks=(1, 1, 4))["claims_csv"])
    row = table[table["id"] == "sr-falls"].iloc[0]
    claim = next(claim for claim in CLAIMS if claim.id == "sr-falls")
    assert (row["statement"], row["claim_statistic"]) == (claim.statement, claim.statistic)
    assert row["claim_null"] == claim.null
    assert (row["claim_in_favour"], row["claim_against"], row["claim_open"]) == (0, 0, 1)
    rules = ("torch", "1e-8", "1e-8-absolute", "1e-3")
    assert row["claim_by_rule"] == "; ".join(f"{rule}: not decidable" for rule in rules)
    assert row["claim_decides"].endswith("If what the open comparisons show is true: 9 seeds.")


def test_the_head_counts_claims_by_outcome_and_those_without_runs(tmp_path):
    # Ranks, accuracy and the full rank at T = 1 are all that such a study has.
    expected = (
        f"{len(CLAIMS)} claims: 3 supported, 0 supported in part, 0 contradicted in part, 0 contradicted, "
    )
    rest = len(CLAIMS) - 3
    assert f"{expected}{rest} not decidable ({rest} of these last have no runs to be judged on)." in page(
        tmp_path
    )


def test_markdown_has_a_section_for_every_claim_and_no_stray_bars(tmp_path):
    text = page(tmp_path)
    assert text.count("\n## ") == len(CLAIMS) + 1  # and one for what is left out
    assert "resnet18 on Own, T = 100 against T = 1" in text
    assert "the lower the rank of the solution. (Appendix C, Figures 11-16)" in text
    widths = {line.replace(r"\|", "").count("|") for line in text.splitlines() if line.startswith("|")}
    assert widths == {6, 11, 5}


def test_each_claim_says_what_it_rests_on(tmp_path):
    section = page(tmp_path).partition("## sr-falls")[2].partition("\n## ")[0]
    assert "than at the baseline. (Section 2.1, Table 1)" in section
    assert "**supported**: 1 in favour, 0 against, 0 open." in section
    for word in ("Statistic", "Null value", "Comparisons", "Read by each rule", "Holm", "Would decide"):
        assert f"\n- {word}: " in section
    assert (
        "- Read by each rule: torch **supported** (1 in favour, 0 against, 0 open); 1e-8 **supported**"
        in section
    )


def test_an_open_comparison_says_what_number_of_seeds_would_decide(tmp_path):
    # Differences -3, -3, 0: mean -2, s = sqrt(3), an effect of 1.155: nine seeds (power 80 %).
    line = next(row for row in page(tmp_path, ranks=(1, 1, 4)).splitlines() if "difference of SR" in row)
    assert "open (the interval of 3 seeds contains 0; 9 seeds would decide)" in line


def test_the_page_says_what_is_left_out_and_why(tmp_path):
    grids = (
        grid("plain"),
        grid("vgg", architecture="vgg19"),
        grid("mse", variant="mse"),
        grid("two", variant="two"),
        grid("single", temperatures=("1",)),
        {**grid("bare"), "ood": [], "detection": [], "snapshots": False},
        grid("three", temperatures=("1", "10", "100"), low_norm="100"),
    )
    variants = {"mse": {"loss": "mse"}, "two": {"head_rank": 2}}
    left = page(tmp_path, grids=grids, variants=variants).partition("## Which runs are judged")[2]
    rows = {line.split(" | ")[0].removeprefix("| "): line for line in left.splitlines()}
    assert rows["plain"].endswith("| 100 with 1 | – |")
    assert "VGG: judged apart" in rows["vgg"]
    assert "loss mse: judged apart" in rows["mse"]
    assert "limits the rank" in rows["two"]
    assert "no temperature above the baseline" in rows["single"]
    assert "no OOD set" in rows["bare"]
    assert "no snapshots" in rows["bare"]
    assert "T = 10, but for monotony (`low_norm` names 100)" in rows["three"]


def test_the_page_states_margin_tests_and_their_number(tmp_path):
    text = page(tmp_path)
    assert "margin 1 points (`analysis.equivalent_within`)" in text
    assert "2 comparisons, of 2 claims, are tests" in text  # SR and accuracy


def test_the_page_says_where_accuracy_is_matched_and_what_cannot_be_seen_without(tmp_path):
    unseen = "What temperature does at equal accuracy is not seen here."
    text = page(tmp_path)
    assert "shown to match in 1, shown to differ in 0, and undecided in 0." in text
    assert unseen not in text
    text = page(tmp_path, accuracy={"100": [0.8, 0.78, 0.8]})
    assert f"shown to match in 0, shown to differ in 0, and undecided in 1. {unseen}" in text


def test_the_readme_promises_as_many_claims_as_are_judged():
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    assert f"a verdict on {len(CLAIMS)} claims of the paper" in " ".join(readme.split())


def test_markdown_says_what_data_stand_in(tmp_path):
    text = page(tmp_path)
    assert (
        "Trained on the paper's data: none. Stand-ins: Own; nothing decided on them, supported or "
        "contradicted, carries over to the paper's data."
    ) in text
    text = page(tmp_path, {"own": "CIFAR-10"})
    assert "Trained on the paper's data: Own." in text
    assert "Stand-ins" not in text


def test_resized_folders_are_the_papers_data():
    g = grid("g")
    g["labels"]["own"] = "CIFAR-10 at 224 px"
    assert scope(settings(g)) == "Trained on the paper's data: CIFAR-10 at 224 px."
    g["labels"]["own"] = "ImageNet-100 at 32 px"
    assert "Stand-ins: ImageNet-100 at 32 px;" in scope(settings(g))
