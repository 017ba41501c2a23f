"""The steps of docs/architecture.md, done as a reader would do them.

A step names a file and what to do with the block below it: "(new)" writes the file, "at the end" adds to it,
"above `LINE`" inserts before the one line that begins so.
"""

import re
from collections.abc import Iterator
from pathlib import Path

STEP = re.compile(
    r"^`(?P<path>[^`]+)`(?: \((?P<new>new)\)|, (?P<end>at the end)|, above `(?P<anchor>[^`]+)`):\n\n"
    r"```\w*\n(?P<code>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


def section(page: Path, heading: str) -> str:
    """The text below a heading, to the next one of its level."""
    _, text = page.read_text(encoding="utf-8").split(f"\n## {heading}\n")
    return text.split("\n## ")[0]


def follow(text: str, root: Path) -> list[str]:
    """Do every step of a section in the project at `root`; returns the files touched, in order."""
    touched = []
    for step in _steps(text):
        path = root / step["path"]
        if step["new"]:
            assert not path.exists(), path
            path.write_text(step["code"], encoding="utf-8")
        else:
            path.write_text(_inserted(path.read_text(encoding="utf-8"), step), encoding="utf-8")
        touched.append(step["path"])
    return list(dict.fromkeys(touched))


def _steps(text: str) -> Iterator[dict]:
    steps = [found.groupdict() for found in STEP.finditer(text)]
    assert len(steps) == text.count("```") // 2, "a block without a file"
    yield from steps


def _inserted(text: str, step: dict) -> str:
    lines = text.splitlines(keepends=True)
    if step["end"]:
        return text + step["code"]
    (place,) = [i for i, line in enumerate(lines) if line.strip().startswith(step["anchor"])]
    return "".join([*lines[:place], step["code"], *lines[place:]])
