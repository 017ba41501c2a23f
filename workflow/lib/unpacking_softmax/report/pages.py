"""Pages that need nothing but themselves: style, scripts and data stand in one file."""

import re
from pathlib import Path

from unpacking_softmax.artefacts.files import replacing

HERE = Path(__file__).parent


def write_page(text: str, path: str | Path) -> None:
    """Write a page, whole or not at all. Raises OutputError where the disk refuses."""
    with replacing(path) as draft:
        draft.write_text(text, encoding="utf-8")


def asset(name: str) -> str:
    """The text of a file that lies beside this module."""
    return (HERE / name).read_text(encoding="utf-8")


def filled(name: str, **parts: str) -> str:
    """A page with `{{part}}` replaced, in one pass: what stands in a part is left as it is."""
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], asset(name))
