"""The form of a configuration: types, ranges and known keys, as workflow/schemas states them."""

import difflib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import jsonschema
import yaml

from unpacking_softmax.errors import StudyError

SCHEMA = Path(__file__).parents[2] / "schemas" / "config.schema.yaml"


@cache
def _validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(yaml.safe_load(SCHEMA.read_text(encoding="utf-8")))


def check_schema(config: Mapping) -> None:
    """Raise StudyError for the first part of `config` that the schema refuses."""
    errors = sorted(_validator().iter_errors(config), key=lambda e: list(map(str, e.absolute_path)))
    if errors:
        raise StudyError(_sentence(errors[0]))


def _sentence(error: jsonschema.ValidationError) -> str:
    key = ".".join(map(str, error.absolute_path)) or "(top level)"
    if error.validator == "additionalProperties":
        return _unknown_key(key, error)
    if error.validator == "required":
        missing = next(name for name in error.validator_value if name not in error.instance)
        return f"config: {key} lacks the key '{missing}'"
    if error.validator == "enum":
        allowed = ", ".join(map(repr, error.validator_value))
        return f"config: {key} = {error.instance!r} is not one of {allowed}{_nearest(error.instance, error.validator_value)}"
    return f"config: {key} = {error.instance!r}: {_reason(error)}"


def _unknown_key(key: str, error: jsonschema.ValidationError) -> str:
    known = error.schema.get("properties", {})
    unknown = next(name for name in error.instance if name not in known)
    return f"config: {key} has the unknown key '{unknown}'{_nearest(unknown, known)}; allowed: {', '.join(known)}"


def _reason(error: jsonschema.ValidationError) -> str:
    expected, value = error.validator_value, error.instance
    match error.validator:
        case "type":
            return f"must be of type {expected}{_yaml_hint(value)}"
        case "minimum":
            return f"must be at least {expected}"
        case "maximum":
            return f"must be at most {expected}"
        case "exclusiveMinimum":
            return f"must be greater than {expected}"
        case "exclusiveMaximum":
            return f"must be less than {expected}"
        case "minItems" | "minLength" | "minProperties":
            return "must not be empty"
        case "uniqueItems":
            return "must not repeat an entry"
        case _:
            return f"must match {expected}"


def _yaml_hint(value: object) -> str:
    """YAML 1.1 reads numbers such as 5e-4 as text; say so, with the spelling that works."""
    try:
        number = float(value) if isinstance(value, str) else None
    except ValueError:
        return ""
    if number is None:
        return ""
    mantissa, _, exponent = value.partition("e")
    spelled = f"{mantissa}.0e{exponent}" if exponent and "." not in mantissa else repr(number)
    return f" (YAML reads {value} as text here: write {spelled})"


def _nearest(word: object, words) -> str:
    close = difflib.get_close_matches(str(word), [str(w) for w in words], n=1)
    return f" (did you mean '{close[0]}'?)" if close else ""


def name_error(key: str, name: str, what: str, known) -> StudyError:
    """The error for a reference to something that does not exist, with the nearest name."""
    allowed = ", ".join(map(str, known)) or "none is defined"
    return StudyError(
        f"config: {key} = {name!r} is not a known {what}{_nearest(name, known)}; known: {allowed}"
    )
