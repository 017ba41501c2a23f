"""The verdict as files: for reading (Markdown), for tables (csv), for programs (json)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from math import isfinite, isnan

import pandas as pd

from unpacking_softmax.artefacts.files import replacing
from unpacking_softmax.artefacts.writing import write_json
from unpacking_softmax.verdict.claims import Verdict
from unpacking_softmax.verdict.comparison import NO_RUN
from unpacking_softmax.verdict.evidence import Evidence
from unpacking_softmax.verdict.findings import Tally
from unpacking_softmax.verdict.page import cell, claims_text, would_decide
from unpacking_softmax.verdict.paper import COARSE, name_of

PAPER_NOTE = (
    "Where no run has both the paper's data and its network, a stand-in stands beside the printed number: a"
    " network of the same family, on the data with the nearest number of classes, less than ten times more "
    "or fewer; where there is none, no run does. Numbers of stand-ins show whether an effect is there; "
    "their size cannot be compared. kappa_n counts the logits as a layer (the axis of Tables 1, 3, 6 and "
    "9), kappa_relu does not (Tables 7, 8): it is (k - 1)/(N - 2) at layer k of N, the logits included, and"
    " if the paper counts from one, its Tables 7 and 8 lie up to one layer, 100/(N - 2) points, above "
    "kappa_relu. SR is that of class-centred logits."
)
TWICE_NOTE = (
    "A baseline is the same network at T = 1 in both tables. Which temperature *low* means is not said: of "
    "it are listed the numbers that no temperature above 1 of the other table has."
)


def write_claims(verdicts: Sequence[Verdict], evidence: Evidence, output: Mapping[str, str]) -> None:
    """Write output["claims"] (Markdown), output["claims_csv"] and output["claims_json"]."""
    with replacing(output["claims"]) as draft:
        draft.write_text(claims_text(verdicts, evidence), encoding="utf-8")
    with replacing(output["claims_csv"]) as draft:
        claims_table(verdicts).to_csv(draft, index=False, float_format="%.6g")
    claims = [_plain(verdict) for verdict in verdicts]
    write_json({"study": evidence.settings["title"], "claims": claims}, output["claims_json"])


def claims_table(verdicts: Sequence[Verdict]) -> pd.DataFrame:
    """One row for each finding under each reading, the study's own first; a claim without any has one row,
    without numbers."""
    rows = []
    for verdict in verdicts:
        claim = verdict.claim
        tally = {f"claim_{name}": count for name, count in asdict(Tally.of(verdict.findings)).items()}
        by_rule = [f"{rule}: {outcome}" for rule, outcome in _outcomes_by_reading(verdict).items()]
        head = {
            "id": claim.id,
            "section": claim.section,
            "statement": claim.statement,
            "claim_statistic": claim.statistic,
            "claim_null": claim.null,
            "claim_outcome": verdict.outcome,
            "claim_reason": verdict.reason,
            **tally,
            "claim_by_rule": "; ".join(by_rule),
            "claim_decides": would_decide(verdict),
            "claim_p": verdict.p,
            "claim_p_holm": verdict.p_holm,
        }
        found = [
            {**head, "reading": reading, **asdict(finding)}
            for reading, findings in verdict.by_reading.items()
            for finding in findings
        ]
        rows += found or [head]
    return pd.DataFrame(rows)


def _outcomes_by_reading(verdict: Verdict) -> dict[str, str]:
    """Under each reading of a claim that has several, what it would be by that one alone."""
    return {name: Tally.of(findings).outcome for name, findings in verdict.by_reading.items() if name}


def _plain(verdict: Verdict) -> dict:
    """A verdict as values that json knows: what is not finite becomes null."""
    names = ("id", "section", "statement", "statistic", "null")
    tally = Tally.of(verdict.findings)
    return {
        **{name: getattr(verdict.claim, name) for name in names},
        "decides": would_decide(verdict),
        "outcome": verdict.outcome,
        "reason": verdict.reason,
        **asdict(tally),
        "reading": verdict.reading,
        "outcomes_by_reading": _outcomes_by_reading(verdict),
        "p": _finite(verdict.p),
        "p_holm": _finite(verdict.p_holm),
        "findings": [
            {key: _finite(value) for key, value in asdict(finding).items()} for finding in verdict.findings
        ],
    }


def _finite(value):
    return None if isinstance(value, float) and not isfinite(value) else value


def write_comparison(table: pd.DataFrame, title: str, output: Mapping[str, str]) -> None:
    """Write output["paper_csv"], and output["paper"] (Markdown) with a section for each table."""
    with replacing(output["paper_csv"]) as draft:
        table.to_csv(draft, index=False, float_format="%.6g")
    with replacing(output["paper"]) as draft:
        draft.write_text(comparison_text(table, title), encoding="utf-8")


def comparison_text(table: pd.DataFrame, title: str) -> str:
    """The printed numbers beside ours, for reading; then where the paper prints two for the same."""
    lines = [f"# The paper's tables beside: {title}", "", PAPER_NOTE]
    heads = ["Data set", "Network", "Condition", "Measure", "Paper", "Ours", "n", "Our runs", "Remarks"]
    for name, rows in table.groupby("table", sort=False):
        lines += ["", f"## {name}", *_listed(heads, map(_comparison, rows.to_dict("records")))]
    coarse = table[table["table"].isin([name_of(name) for name in COARSE])]
    twice = coarse[coarse["paper_elsewhere"] != ""]
    heads = ["Data set", "Network", "Condition", "Measure", "Paper", "Elsewhere"]
    lines += ["", "## Where the paper disagrees with itself", "", TWICE_NOTE]
    return "\n".join([*lines, *_listed(heads, map(_twice, twice.to_dict("records")))]) + "\n"


def _listed(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return ["", f"| {' | '.join(heads)} |", "| --- " * len(heads) + "|"] + [
        f"| {' | '.join(map(cell, row))} |" for row in rows
    ]


def _twice(row: Mapping) -> list[str]:
    names = [row[key] for key in ("dataset", "architecture", "condition", "measure")]
    return [*names, f"{row['paper']:g} in {row['table']}", row["paper_elsewhere"]]


def _comparison(row: Mapping) -> list[str]:
    ours = "–" if isnan(row["mean"]) else f"{row['mean']:.1f}"
    if not isnan(row["sd"]):
        ours += f" ± {row['sd']:.1f}"
    runs = row["data"]
    if runs != NO_RUN:
        runs += f": {row['our_architecture']}, {row['our_data']}, T = {row['our_temperature']}"
    elsewhere = f"the paper has {row['paper_elsewhere']}" if row["paper_elsewhere"] else ""
    remarks = "; ".join(filter(None, [row["note"], elsewhere]))
    paper = "–" if isnan(row["paper"]) else f"{row['paper']:g}"
    names = [row[key] for key in ("dataset", "architecture", "condition", "measure")]
    return [*names, paper, ours, str(row["n"]), runs, remarks]
