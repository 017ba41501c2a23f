"""The story: the paper's claims in its order, with their verdicts, and the pictures and tables behind."""

import json
from collections.abc import Mapping, Sequence
from html import escape
from math import nan
from pathlib import Path, PurePosixPath

import pandas as pd

from unpacking_softmax.report.chapters import Chapter, chapters
from unpacking_softmax.report.markup import element, image, interval, printed_table, table, text
from unpacking_softmax.report.pages import asset, filled
from unpacking_softmax.study.catalogue import FIGURES, caption
from unpacking_softmax.verdict.comparison import NO_RUN
from unpacking_softmax.verdict.findings import CONTRADICTED, OUTCOMES, SUPPORTED
from unpacking_softmax.verdict.page import number, place, scope
from unpacking_softmax.verdict.report import PAPER_NOTE

# More comparisons than these are folded away.
AT_ONCE = 6
FINDING_HEADS = ("Judged on", "Statistic", "Estimate", "95 % interval", "", "n", "Outcome")
PAPER_HEADS = ("Network", "Data set", "Condition", "Measure", "Paper", "Ours", "Our runs", "Remarks")


def story_page(files: Mapping[str, Sequence[str] | str], settings: Mapping) -> str:
    """The page.

    files: `claims` (claims.json) and `paper` (paper_vs_ours.csv), `pictures` of figures (png), `tables` (md).
    settings: as `Settings.story` gives them. Figures and tables are known by the names of their files.
    """
    claims = json.loads(Path(files["claims"]).read_text(encoding="utf-8"))["claims"]
    paper = pd.read_csv(files["paper"], keep_default_na=False, na_values={"mean": "", "sd": "", "paper": ""})
    shown = {Path(path).stem: path for path in (*files["pictures"], *files["tables"])}
    by_id = {claim["id"]: claim for claim in claims}
    found = chapters(list(by_id), list(shown))
    return filled(
        "story.html",
        title=escape(settings["title"]),
        style=asset("page.css"),
        summary=_summary(claims, found, settings),
        chapters="".join(_chapter(place, c, by_id, shown, paper) for place, c in enumerate(found, start=1)),
    )


def _summary(claims: Sequence[Mapping], found: Sequence[Chapter], settings: Mapping) -> str:
    outcomes = [claim["outcome"] for claim in claims]
    counts = ", ".join(f"{outcomes.count(o)} {o}" for o in OUTCOMES if o in outcomes)
    links = "".join(
        element("li", text("a", chapter.heading, href=f"#chapter{place}"))
        for place, chapter in enumerate(found, start=1)
    )
    said = text("p", f"{len(claims)} claims of the paper on this study's runs: {counts}. {scope(settings)}")
    return said + element("nav", element("ol", links), aria_label="Chapters")


def _chapter(
    place: int, chapter: Chapter, claims: Mapping[str, Mapping], shown: Mapping[str, str], paper: pd.DataFrame
) -> str:
    parts = [text("h2", chapter.heading, id=f"chapter{place}"), text("p", chapter.section, class_="key")]
    parts += [_claim(claims[name]) for name in chapter.claims]
    for name in chapter.shown:
        parts.append(_figure(name, shown[name]) if name in FIGURES else _table(name, shown[name], paper))
    return element("section", "".join(parts), aria_labelledby=f"chapter{place}")


def _claim(claim: Mapping) -> str:
    """The claim, its outcome with the reason, and its comparisons with their intervals."""
    outcome = claim["outcome"]
    mood = {SUPPORTED: "good", CONTRADICTED: "bad"}.get(outcome.removesuffix(" in part"), "open")
    head = text("h3", claim["statement"])
    verdict = f"{text('b', outcome, class_=f'badge {mood}')} {escape(claim['reason'])}."
    where = text("span", f" ({place(claim['section'])})", class_="key")
    findings = claim["findings"]
    body = ""
    if findings:
        rows = table(FINDING_HEADS, [_finding(finding) for finding in findings], "words")
        count = text("summary", f"{len(findings)} comparison{'s' if len(findings) > 1 else ''}")
        opened = {} if len(findings) > AT_ONCE else {"open": "open"}
        body = element("details", count + rows, **opened)
    return element("article", head + element("p", verdict + where) + body, id=claim["id"])


def _finding(finding: Mapping) -> list[str]:
    low, high, estimate = (_number(finding[name]) for name in ("low", "high", "estimate"))
    span = "–" if finding["low"] is None else f"[{low}, {high}]"
    said = ": ".join(filter(None, (finding["outcome"], finding["reason"])))
    words = [escape(words) for words in (finding["runs"], finding["statistic"], estimate, span)]
    return [*words, interval(finding), str(finding["n"]), escape(said)]


def _number(value: float | None) -> str:
    return number(nan if value is None else value)


def _figure(name: str, path: str) -> str:
    title = f"Figure {name.removeprefix('fig')}" if name.startswith("fig") else name
    said = f"{text('b', title)}. {escape(caption(name))} {_files(path, ('pdf', 'csv'))}"
    picture = image(path, f"{title}: {caption(name)}")
    return element("figure", picture + element("figcaption", said), id=name)


def _table(name: str, path: str, paper: pd.DataFrame) -> str:
    title = f"Table {name.removeprefix('table')}"
    rows = paper[(paper["table"] == title) & (paper["data"] != NO_RUN)]
    beside = ""
    if len(rows):
        lines = table(PAPER_HEADS, [_beside(row) for row in rows.to_dict("records")], "words")
        note = text("p", PAPER_NOTE, class_="key")
        beside = element("details", text("summary", "The paper beside ours") + note + lines)
    body = printed_table(Path(path).read_text(encoding="utf-8"))
    said = f"{text('b', title)}. {escape(caption(name))} {_files(path, ('csv', 'tex'))}"
    return element("article", element("p", said) + body + beside, id=name)


def _files(path: str, suffixes: Sequence[str]) -> str:
    """Links to the other files of a figure or table, from the folder of the page."""
    beside = PurePosixPath("..", *PurePosixPath(path).parts[-2:])
    links = [text("a", suffix, href=str(beside.with_suffix(f".{suffix}"))) for suffix in suffixes]
    return f"({', '.join(links)})"


def _beside(row: Mapping) -> list[str]:
    ours = _number(row["mean"]) + ("" if pd.isna(row["sd"]) else f" ± {_number(row['sd'])}")
    runs = f"{row['data']}: {row['our_architecture']}, {row['our_data']}, T = {row['our_temperature']}"
    elsewhere = f"the paper has {row['paper_elsewhere']}" if row["paper_elsewhere"] else ""
    names = [row[name] for name in ("architecture", "dataset", "condition", "measure")]
    remarks = "; ".join(filter(None, (row["note"], elsewhere)))
    return [escape(str(part)) for part in (*names, _number(row["paper"]), ours, runs, remarks)]
