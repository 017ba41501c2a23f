"""Pages that need nothing but themselves: style, script, library and data in one file."""

import base64
import gzip
import html
import json
import re
from collections.abc import Mapping
from pathlib import Path

import vl_convert

from unpacking_softmax.artefacts.files import replacing
from unpacking_softmax.report.pictures import described

HERE = Path(__file__).parent


def write_explorer(values: Mapping, path: str | Path) -> None:
    """Write the explorer of what `explored.explored` gives. Raises OutputError where the disk refuses."""
    with replacing(path) as draft:
        draft.write_text(explorer_page(values), encoding="utf-8")


def explorer_page(values: Mapping) -> str:
    """The page: users' words reach it packed, or escaped, and are only ever shown as text."""
    # The bundle ends with a line of code that the page can use it by.
    library = vl_convert.javascript_bundle("window.vegaEmbed=vegaEmbed;")
    return filled(
        "explorer.html",
        title=html.escape(values["title"]),
        style=asset("page.css"),
        library=f"(()=>{{{library}}})()",
        data=packed({**values, "measures": described()}),
        script=asset("explorer.js"),
    )


def packed(values: Mapping) -> str:
    """Plain values as the page unpacks them: JSON, gzip (without a date), base64."""
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def asset(name: str) -> str:
    """The text of a file that lies beside this module."""
    return (HERE / name).read_text(encoding="utf-8")


def filled(name: str, **parts: str) -> str:
    """A page with `{{part}}` replaced, in one pass: what stands in a part is left as it is."""
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], asset(name))
