"""Settings of the configuration as a table shows them."""

from collections.abc import Mapping


def settings_text(values: Mapping, rows: Mapping[str, str]) -> list[str]:
    """The values of the keys of `rows`, in that order."""
    return [_text(values[key]) for key in rows]


def _text(value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)
