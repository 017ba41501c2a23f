"""The verdict as files: for reading (Markdown), for tables (csv), for programs (json)."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from math import isnan

import pandas as pd

from unpacking_softmax.artefacts.files import replacing
from unpacking_softmax.artefacts.writing import write_json
from unpacking_softmax.verdict.claims import Verdict
from unpacking_softmax.verdict.comparison import CLASSES, NO_RUN, papers_label
from unpacking_softmax.verdict.findings import CONTRADICTED, SUPPORTED, UNDECIDED, Finding

HOW = (
    "A claim is judged on every comparison that the study's runs allow. A comparison decides where its "
    "95 % interval lies wholly on one side of the bar, and none decides where one seed gives no interval. "
    "One of two temperatures of the same network decides nothing where their accuracy is not matched, "
    "unless it is of accuracy itself; comparisons of different networks or initialisations do not ask "
    "for matched accuracy. A claim is supported or contradicted if all comparisons that decide agree. "
    "Many comparisons are made: about one in twenty whose truth lies on the bar decides by chance."
)
PAPER_NOTE = (
    "Numbers on stand-in data show whether an effect is there; their size cannot be compared. kappa_n "
    "counts the logits as a layer (the axis of Tables 1, 3, 6 and 9), kappa_relu does not (Tables 7, 8): "
    "it is (k - 1)/(N - 2) at layer k of N, the logits included, and if the paper counts from one, its "
    "Tables 7 and 8 lie up to one layer, 100/(N - 2) points, above kappa_relu. "
    "SR is that of class-centred logits."
)


def write_claims(verdicts: Sequence[Verdict], settings: Mapping, output: Mapping[str, str]) -> None:
    """Write output["claims"] (Markdown), output["claims_csv"] and output["claims_json"].

    settings: as `Settings.verdict` gives them.
    """
    title = settings["title"]
    with replacing(output["claims"]) as draft:
        draft.write_text(claims_text(verdicts, title, scope(settings)), encoding="utf-8")
    with replacing(output["claims_csv"]) as draft:
        claims_table(verdicts).to_csv(draft, index=False, float_format="%.6g")
    write_json({"study": title, "claims": [_plain(verdict) for verdict in verdicts]}, output["claims_json"])


def claims_table(verdicts: Sequence[Verdict]) -> pd.DataFrame:
    """One row for each finding; a claim without any has one row, without numbers."""
    rows = []
    for verdict in verdicts:
        claim = verdict.claim
        head = {"id": claim.id, "section": claim.section, "statement": claim.statement}
        head |= {"claim_outcome": verdict.outcome, "claim_reason": verdict.reason}
        rows += [{**head, **asdict(finding)} for finding in verdict.findings] or [head]
    return pd.DataFrame(rows)


def _plain(verdict: Verdict) -> dict:
    """A verdict as values that json knows: NaN becomes null."""
    claim = verdict.claim
    findings = [
        {key: None if isinstance(v, float) and isnan(v) else v for key, v in asdict(finding).items()}
        for finding in verdict.findings
    ]
    names = ("id", "section", "statement", "method")
    return {
        **{name: getattr(claim, name) for name in names},
        "outcome": verdict.outcome,
        "reason": verdict.reason,
        "findings": findings,
    }


def scope(settings: Mapping) -> str:
    """Which of the study's training sets are the paper's, and which stand in for them."""
    known = settings["papers_data"]
    grids = settings["grids"].values()
    labels = {grid["dataset"]: grid["labels"][grid["dataset"]] for grid in grids}
    theirs = [label for name, label in labels.items() if name in known or papers_label(label) in CLASSES]
    ours = [label for label in labels.values() if label not in theirs]
    parts = [f"Trained on the paper's data: {', '.join(theirs) or 'none'}."]
    if ours:
        parts.append(
            f"Stand-ins: {', '.join(ours)}; nothing decided on them, supported or contradicted, carries "
            "over to the paper's data."
        )
    return " ".join(parts)


def claims_text(verdicts: Sequence[Verdict], title: str, data: str) -> str:
    """The verdict for reading: what data it rests on, a table of outcomes, a section for each claim."""
    counts = [f"{sum(v.outcome == o for v in verdicts)} {o}" for o in (SUPPORTED, CONTRADICTED, UNDECIDED)]
    lines = [f"# The paper's claims on: {title}", "", f"{', '.join(counts)}.", "", data, "", HOW, ""]
    lines += ["| Claim | Section | Outcome |", "| --- | --- | --- |"]
    lines += [
        f"| [{_cell(v.claim.statement)}](#{v.claim.id}) | {v.claim.section} | "
        f"**{v.outcome}** ({_cell(v.reason)}) |"
        for v in verdicts
    ]
    for verdict in verdicts:
        lines += ["", *_section(verdict)]
    return "\n".join(lines) + "\n"


def _section(verdict: Verdict) -> list[str]:
    claim = verdict.claim
    lines = [
        f"## {claim.id}",
        "",
        f"{claim.statement} (Section {claim.section})",
        "",
        f"**{verdict.outcome}**: {verdict.reason}. Method: {claim.method}",
    ]
    if verdict.findings:
        lines += ["", "| Judged on | Statistic | Estimate | 95 % interval | n | Outcome |"]
        lines += ["| --- | --- | --- | --- | --- | --- |", *map(_line, verdict.findings)]
    return lines


def _line(finding: Finding) -> str:
    interval = "–" if isnan(finding.low) else f"[{_number(finding.low)}, {_number(finding.high)}]"
    reason = f" ({finding.reason})" if finding.reason else ""
    parts = [
        finding.runs,
        finding.statistic,
        _number(finding.estimate),
        interval,
        str(finding.n),
        finding.outcome + reason,
    ]
    return "| " + " | ".join(map(_cell, parts)) + " |"


def _number(value: float) -> str:
    return "–" if isnan(value) else f"{value:.3g}".replace("-", "−")


def _cell(text: str) -> str:
    """Text that does not end a cell of a Markdown table: the bars of ||M|| would."""
    return text.replace("||", "‖").replace("|", r"\|")


def write_comparison(table: pd.DataFrame, title: str, output: Mapping[str, str]) -> None:
    """Write output["paper_csv"], and output["paper"] (Markdown) with a section for each table."""
    with replacing(output["paper_csv"]) as draft:
        table.to_csv(draft, index=False, float_format="%.6g")
    with replacing(output["paper"]) as draft:
        draft.write_text(comparison_text(table, title), encoding="utf-8")


def comparison_text(table: pd.DataFrame, title: str) -> str:
    """The printed numbers beside ours, for reading."""
    lines = [f"# The paper's tables beside: {title}", "", PAPER_NOTE]
    heads = ["Data set", "Network", "Condition", "Measure", "Paper", "Ours", "n", "Our runs", "Remarks"]
    for name, rows in table.groupby("table", sort=False):
        lines += ["", f"## {name}", "", "| " + " | ".join(heads) + " |", "| --- " * len(heads) + "|"]
        lines += ["| " + " | ".join(map(_cell, _comparison(row))) + " |" for row in rows.to_dict("records")]
    return "\n".join(lines) + "\n"


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
