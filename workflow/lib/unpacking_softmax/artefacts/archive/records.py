"""Snakemake's records of what travels: which, and what they say."""

import ast
from collections.abc import Mapping, Sequence

from unpacking_softmax.artefacts import state
from unpacking_softmax.artefacts.archive.contents import STAY, TRAVEL, kind_of


def read_records(results: str) -> dict[str, dict]:
    """The records of what travels and of the weights and images that it was made from, by path.

    Those of outputs that a job is at, or was cut off at, are left out.
    """
    unfinished, kinds = state.started(), {*TRAVEL, *STAY}
    return {
        key: record
        for key, record in sorted(state.all_records().items())
        if key not in unfinished and kind_of(key, results) in kinds
    }


def settings_of(record: Mapping) -> tuple[str | None, str]:
    """What an output was made from: the hash of its rule's code, and its other settings as text."""
    code, settings = None, []
    for text in record.get("params") or ():
        try:
            values = ast.literal_eval(text)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            values = text
        if isinstance(values, dict) and isinstance(values.get("code"), str):
            code = values.pop("code")
        settings.append(repr(values))
    return code, " ".join(settings)


def codes_of(records: Mapping[str, Mapping]) -> dict[str, set[str]]:
    """The hashes of the code that made outputs, by rule."""
    found: dict[str, set[str]] = {}
    for record in records.values():
        if code := settings_of(record)[0]:
            found.setdefault(str(record.get("rule")), set()).add(code)
    return dict(sorted(found.items()))


def unknown_note(names: Sequence[str]) -> str:
    """What it means that Snakemake has no record of some files."""
    return (
        f"Snakemake has no record of {len(names)} files ({names[0]}, ...): they count as finished, whatever "
        "their settings were, and a setting that changes goes unnoticed"
    )
