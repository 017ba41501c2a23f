"""Parts of a page: text that is shown as it is, tables, intervals as small pictures."""

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path

WIDTH, HEIGHT, EDGE = 120, 16, 6  # of an interval's picture, pixels


def element(tag: str, content: str, **attributes: str) -> str:
    """An element around content that is markup already; values of attributes are escaped."""
    given = "".join(f' {name.strip("_")}="{escape(value)}"' for name, value in attributes.items())
    return f"<{tag}{given}>{content}</{tag}>"


def text(tag: str, words: str, **attributes: str) -> str:
    """An element around words."""
    return element(tag, escape(words), **attributes)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], kind: str = "numbers") -> str:
    """A table of cells that are markup already, the first of a row its head; it scrolls where it is wide.

    kind: "words" where the second and the last column are sentences, which are broken.
    """
    head = "".join(text("th", name, scope="col") for name in heads)
    lines = []
    for first, *others in rows:
        cells = "".join(element("td", cell) for cell in others)
        lines.append(element("tr", element("th", first, scope="row") + cells))
    whole = element("table", f"<thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody>")
    return element("div", whole, class_=f"scroll {kind}", tabindex="0", role="region", aria_label="Table")


def printed_table(markdown: str) -> str:
    """A table as `tables.printed` writes it, with its caption and notes."""
    lines = markdown.splitlines()
    rows = [[_plain(cell) for cell in line[2:-2].split(" | ")] for line in lines if line.startswith("| ")]
    notes = "".join(text("li", _plain(line[2:])) for line in lines if line.startswith("- "))
    heads, _, *body = rows
    cells = ([escape(cell) for cell in row] for row in body)
    caption = text("p", _plain(lines[0]), class_="key")
    return caption + table(heads, cells) + element("ul", notes, class_="key")


def _plain(cell: str) -> str:
    """What `tables.printed.md` wrote, as it was."""
    return re.sub(r"\\(.)", r"\1", cell)


def image(path: str | Path, alternative: str) -> str:
    """A picture that is part of the page."""
    data = b64encode(Path(path).read_bytes()).decode()
    return f'<img src="data:image/png;base64,{data}" alt="{escape(alternative)}">'


def interval(finding: Mapping) -> str:
    """An estimate with its interval beside the null value (the upright line); nothing without an estimate."""
    estimate = finding["estimate"]
    if estimate is None:
        return ""
    low, high, null = (finding[name] for name in ("low", "high", "null"))
    known = [value for value in (low, estimate, high, null) if value is not None]
    least, span = min(known), (max(known) - min(known)) or 1.0

    def at(value: float) -> str:
        return f"{EDGE + (WIDTH - 2 * EDGE) * (value - least) / span:.1f}"

    middle, parts = HEIGHT / 2, []
    if null is not None:
        parts.append(f'<path class="null" d="M{at(null)} 0V{HEIGHT}"/>')
    if low is not None and high is not None:
        parts.append(f'<path class="span" d="M{at(low)} {middle:g}H{at(high)}"/>')
    parts.append(f'<circle cx="{at(estimate)}" cy="{middle:g}" r="3.5"/>')
    size = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    return f'<svg class="interval" {size} aria-hidden="true">{"".join(parts)}</svg>'
