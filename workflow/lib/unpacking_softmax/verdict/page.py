"""The verdict as a page for reading, in Markdown."""

from collections.abc import Mapping, Sequence
from math import isnan

from unpacking_softmax.verdict.claims import Verdict
from unpacking_softmax.verdict.evidence import Evidence, describe, set_apart
from unpacking_softmax.verdict.findings import OPEN, OUTCOMES, Finding, Tally
from unpacking_softmax.verdict.paper import CLASSES, papers_label
from unpacking_softmax.verdict.statistics import POWER, seeds_text

ALPHA = 0.05
HOW = (
    "Each comparison is *in favour* of a claim, *against* it or *open*. A number measured over seeds "
    "decides only if its 95 % interval lies entirely on one side of the null value; one seed gives no "
    "interval and decides nothing. A proposition without exception is refuted by one counterexample, and a "
    "proposition of existence is proved by one example: neither has an interval or a test. A claim is "
    "supported, or contradicted, if all its comparisons say so; *in part* if some of them are open or say "
    "the opposite, or if another reading of the same numbers says otherwise (another rank rule; the study's"
    " own comes first).",
    "**Matched accuracy.** A temperature is compared with the baseline of the same network only where their"
    " test accuracies are shown to be equivalent: two one-sided tests at 5 % (a 90 % interval inside the "
    "margin), margin {margin:g} points (`analysis.equivalent_within`). Every other comparison of "
    "temperatures is open, whatever it shows. Comparisons of different networks or initialisations, and "
    "statements on one temperature by itself, do not ask for matched accuracy. {matched}",
    "**Few seeds.** With three seeds no test free of assumptions can reach 5 % (the smallest p value of a "
    "sign test is 0.25): t intervals take the differences to be normally distributed. Medians and Hedges' g"
    " stand beside them. An open comparison says how many seeds would decide it: with as many, a difference"
    " as large as the one seen, with the spread seen, is told from the null value at 5 % with a power of "
    "{power:g} %. Counts (ranks, layers) are taken to be spread at least by their rounding.",
    "**Many comparisons.** {tests} comparisons, of {tested} claims, are tests; about one in twenty tests of"
    " a true null value decides by chance. *Holm* is the p value of a claim (the smallest of its "
    "comparisons times their number) adjusted over all {tested} claims: where it is at most 5 %, something "
    "that the claim speaks of is not chance, with a family-wise error of 5 %. {kept} of the {tested} claims"
    " pass.",
    "**Rank rules.** torch: the float32 rule of `torch.linalg.matrix_rank`, relative to sigma_1; 1e-8: the "
    "formula of Equation 5, relative to sigma_1; 1e-8-absolute: the same as printed, without sigma_1; 1e-3:"
    " relative to sigma_1. Logits are stored in float32: where sigma_1 is large, as at high temperature, "
    "the absolute cut lies below their rounding and counts it, up to the largest rank possible.",
)
HEADS = ("Judged on", "Statistic", "Null", "Estimate", "95 % interval", "n", "Median", "g", "p", "Outcome")


def claims_text(verdicts: Sequence[Verdict], evidence: Evidence) -> str:
    """What the verdict rests on, a table of outcomes, a section for each claim, what is left out."""
    counts = [f"{sum(v.outcome == o for v in verdicts)} {o}" for o in OUTCOMES]
    without = f"{sum(not v.findings for v in verdicts)} of these last have no runs to be judged on"
    lines = [f"# The paper's claims, judged on: {evidence.settings['title']}", ""]
    lines += [f"{len(verdicts)} claims: {', '.join(counts)} ({without}).", ""]
    lines += [scope(evidence.settings), "", _how(verdicts, evidence.settings), ""]
    lines += ["| Claim | Section | Outcome | In favour / against / open | Holm |"]
    lines += ["| --- | --- | --- | --- | --- |"]
    for v in verdicts:
        tally = Tally.of(v.findings)
        shares = f"{tally.in_favour} / {tally.against} / {tally.open}"
        link = f"[{cell(v.claim.statement)}](#{v.claim.id})"
        lines.append(f"| {link} | {v.claim.section} | **{v.outcome}** | {shares} | {number(v.p_holm)} |")
    for verdict in verdicts:
        lines += ["", *_section(verdict)]
    return "\n".join([*lines, "", *_left_out(evidence)]) + "\n"


def _how(verdicts: Sequence[Verdict], settings: Mapping) -> str:
    tested = [v for v in verdicts if not isnan(v.p)]
    (accuracy,) = (v for v in verdicts if v.claim.id == "accuracy-kept")
    return "\n\n".join(HOW).format(
        matched=_matched(Tally.of(accuracy.findings)),
        margin=100 * settings["equivalent_within"],
        power=100 * POWER,
        tests=sum(not isnan(finding.p) for v in tested for finding in v.findings),
        tested=len(tested),
        kept=sum(v.p_holm <= ALPHA for v in tested),
    )


def _matched(accuracy: Tally) -> str:
    """In how many comparisons of temperatures, VGG and other losses apart, accuracy is matched."""
    found = (
        f"In the comparisons behind the claims on temperature, accuracy is shown to match in "
        f"{accuracy.in_favour}, shown to differ in {accuracy.against}, and undecided in {accuracy.open}."
    )
    return (
        found if accuracy.in_favour else f"{found} What temperature does at equal accuracy is not seen here."
    )


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


def _section(verdict: Verdict) -> list[str]:
    claim = verdict.claim
    lines = [
        f"## {claim.id}",
        "",
        f"{claim.statement} ({place(claim.section)})",
        "",
        f"**{verdict.outcome}**: {verdict.reason}.",
        "",
        f"- Statistic: {claim.statistic}",
        f"- Null value: {claim.null}",
        f"- Comparisons: {Tally.of(verdict.findings)}",
        *_readings(verdict),
        *([f"- Holm: {number(verdict.p_holm)}"] if not isnan(verdict.p_holm) else []),
        f"- Would decide: {would_decide(verdict)}",
    ]
    if verdict.findings:
        lines += ["", f"| {' | '.join(HEADS)} |", "| --- " * len(HEADS) + "|", *map(_line, verdict.findings)]
    return lines


def place(section: str) -> str:
    """Where in the paper a claim stands: `Section 2.1, Table 1`, `Appendix J, Figure 21`."""
    return section if section.startswith("Appendix") else f"Section {section}"


def _readings(verdict: Verdict) -> list[str]:
    """How the comparisons come out under each reading, the study's own first."""
    if not verdict.others or not verdict.findings:
        return []
    parts = [f"{name} **{Tally.of(of).outcome}** ({Tally.of(of)})" for name, of in verdict.by_reading.items()]
    return [f"- Read by each rule: {'; '.join(parts)}"]


def would_decide(verdict: Verdict) -> str:
    """What the claim asks for, and how many seeds its open comparisons do at what is seen in them."""
    if isnan(verdict.needed[0]):
        return verdict.claim.decides
    return (
        f"{verdict.claim.decides} If what the open comparisons show is true: {seeds_text(*verdict.needed)}."
    )


def _line(finding: Finding) -> str:
    interval = "–" if isnan(finding.low) else f"[{number(finding.low)}, {number(finding.high)}]"
    parts = [
        finding.runs,
        finding.statistic,
        number(finding.null),
        number(finding.estimate),
        interval,
        str(finding.n),
        number(finding.median),
        number(finding.effect),
        number(finding.p),
        finding.outcome + _remarks(finding),
    ]
    return "| " + " | ".join(map(cell, parts)) + " |"


def _remarks(finding: Finding) -> str:
    would = ""
    if finding.outcome == OPEN and not isnan(finding.needed):
        would = f"{seeds_text(finding.needed)} would decide"
    remarks = "; ".join(filter(None, (finding.reason, would, finding.note)))
    return f" ({remarks})" if remarks else ""


def _left_out(evidence: Evidence) -> list[str]:
    """Each grid: on what it is judged, and what it is left out of, with the reason."""
    lines = ["## Which runs are judged", ""]
    lines += ["| Grid | Runs | Temperatures compared with the baseline | Left out of |", "| --- " * 4 + "|"]
    for name, grid in evidence.settings["grids"].items():
        low = evidence.low_temperatures(grid)
        compared = f"{', '.join(low)} with {grid['baseline']}" if low else "–"
        reasons = "; ".join(_reasons(evidence, grid, low)) or "–"
        lines.append("| " + " | ".join(map(cell, (name, describe(grid), compared, reasons))) + " |")
    return lines


def _reasons(evidence: Evidence, grid: Mapping, low: Sequence[str]) -> list[str]:
    if apart := set_apart(evidence.variant(grid), evidence.family(grid)):
        return [f"claims on temperature ({apart})"]
    if not low:
        return ["claims on temperature (no temperature above the baseline)"]
    lacking = {
        "kappa, rho, OrthoDev (no OOD set)": grid["ood"],
        "NECO (no set to detect)": grid["detection"],
        "alignment, gradients, hidden ranks, rescaled logits (no snapshots)": grid["snapshots"],
    }
    reasons = [what for what, has in lacking.items() if not has]
    if others := [t for t in grid["temperatures"] if t not in (*low, grid["baseline"])]:
        reasons.append(f"T = {', '.join(others)}, but for monotony (`low_norm` names {', '.join(low)})")
    return reasons


def number(value: float) -> str:
    """Three digits; a dash for what is not there."""
    return "–" if isnan(value) else f"{value:.3g}".replace("-", "−")


def cell(text: str) -> str:
    """Text that does not end a cell of a Markdown table: the bars of ||M|| would."""
    return text.replace("||", "‖").replace("|", r"\|")
