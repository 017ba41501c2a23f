"""The verdict as files."""

import json
from pathlib import Path

import pandas as pd
from made_up import evidence, grid, records, settings, spectra

from unpacking_softmax.verdict.claims import CLAIMS, judge
from unpacking_softmax.verdict.report import scope, write_claims


def written(tmp_path, papers_data=None):
    g = grid("g")
    known = settings(g, papers_data=papers_data or {})
    found = evidence(known, {"record": records(g), "spectra": spectra(g, {"100": [1, 2, 1]})})
    names = {"claims": "c.md", "claims_csv": "c.csv", "claims_json": "c.json"}
    output = {key: str(tmp_path / name) for key, name in names.items()}
    write_claims(judge(found), known, output)
    return output


def test_json_is_strict_and_holds_every_claim(tmp_path):
    def refuse(constant):
        raise AssertionError(constant)

    text = Path(written(tmp_path)["claims_json"]).read_text(encoding="utf-8")
    found = json.loads(text, parse_constant=refuse)
    assert [claim["id"] for claim in found["claims"]] == [claim.id for claim in CLAIMS]
    first = found["claims"][0]
    assert first["outcome"] == "supported"
    assert first["findings"][0]["n"] == 3


def test_csv_has_a_row_for_every_finding_and_every_claim(tmp_path):
    table = pd.read_csv(written(tmp_path)["claims_csv"])
    assert set(table["id"]) == {claim.id for claim in CLAIMS}
    falls = table[table["id"] == "sr-falls"].iloc[0]
    # Differences -3, -2, -3: mean -8/3, s = 1/sqrt(3), half width 4.302653 / 3.
    assert abs(falls["estimate"] + 8 / 3) < 1e-5
    assert abs(falls["low"] - (-8 / 3 - 4.302653 / 3)) < 1e-5
    assert falls["statistic"] == "difference of SR < 0"


def test_markdown_has_a_section_for_every_claim_and_no_stray_bars(tmp_path):
    text = Path(written(tmp_path)["claims"]).read_text(encoding="utf-8")
    assert text.count("\n## ") == len(CLAIMS)
    assert "## sr-falls" in text
    assert "resnet18 on Own, T = 100 against T = 1" in text
    widths = {line.replace(r"\|", "").count("|") for line in text.splitlines() if line.startswith("|")}
    assert widths == {4, 7}


def test_markdown_says_what_data_stand_in(tmp_path):
    text = Path(written(tmp_path)["claims"]).read_text(encoding="utf-8")
    assert (
        "Trained on the paper's data: none. Stand-ins: Own; nothing decided on them, supported or "
        "contradicted, carries over to the paper's data."
    ) in text
    text = Path(written(tmp_path, {"own": "CIFAR-10"})["claims"]).read_text(encoding="utf-8")
    assert "Trained on the paper's data: Own." in text
    assert "Stand-ins" not in text


def test_resized_folders_are_the_papers_data():
    g = grid("g")
    g["labels"]["own"] = "CIFAR-10 at 224 px"
    assert scope(settings(g)) == "Trained on the paper's data: CIFAR-10 at 224 px."
    g["labels"]["own"] = "ImageNet-100 at 32 px"
    assert "Stand-ins: ImageNet-100 at 32 px;" in scope(settings(g))
