"""The explorer as a page: pictures, numbers, and the library that draws them, in one file."""

import base64
import gzip
import html
import json
from collections.abc import Mapping

import vl_convert

from unpacking_softmax.report.pages import asset, filled
from unpacking_softmax.report.pictures import described


def explorer_page(values: Mapping) -> str:
    """The page of what `explored.explored` gives.

    Users' words reach it packed, or escaped, and are only ever shown as text.
    """
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
