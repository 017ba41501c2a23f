"""The form of a configuration: types, ranges and known keys, as workflow/schemas and the catalogue say."""

import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import jsonschema
import yaml

from unpacking_softmax.artefacts.errors import StudyError, did_you_mean
from unpacking_softmax.images.registry import SOURCES
from unpacking_softmax.study.catalogue import FIGURES, TABLES, Form, family_of

SCHEMA = Path(__file__).parents[3] / "schemas" / "config.schema.yaml"
LONGEST = 200  # characters of a value in a message
# The schema's words for types, in YAML's.
TYPES = {"array": "a list", "object": "a mapping", "string": "text", "number": "a finite number",
         "integer": "a whole number", "boolean": "true or false", "null": "null"}  # fmt: skip


@cache
def _validator() -> jsonschema.protocols.Validator:
    """JSON Schema, but for numbers: 2.0 is no whole number (it names folders), and infinity is no number."""
    types = jsonschema.Draft202012Validator.TYPE_CHECKER.redefine_many(
        {"integer": lambda _, value: type(value) is int, "number": lambda _, value: _is_number(value)}
    )
    strict = jsonschema.validators.extend(jsonschema.Draft202012Validator, type_checker=types)
    return strict(schema())


def schema() -> dict:
    """The schema, with data sets in the form of their source, figures and tables in that of their family."""
    stated = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))
    stated["$defs"]["dataset"] = _dataset_form()
    for section, targets in (("figures", FIGURES), ("tables", TABLES)):
        forms = {name: _form(family_of(name).binding) for name in targets}
        stated["$defs"][section]["properties"] = forms
    return stated


def _form(form: Form) -> dict:
    keys = {key: {"$ref": f"#/$defs/bindings/{key}"} for key in (*form.needs, *form.takes)}
    if form.rows is not None:
        row = {**_form(form.rows), "description": f"a grid's name, or a mapping with {_listed(form.rows)}"}
        keys["rows"] = {"type": "array", "minItems": 1, "items": {"if": {"type": "string"}, "else": row}}
    return {"type": "object", "additionalProperties": False, "required": [*form.needs], "properties": keys}


def _listed(form: Form) -> str:
    return " and ".join((*form.needs, *form.takes))


def _dataset_form() -> dict:
    """The form of a data set: what each has, and the keys of its source."""
    common = {"source": True, "label": {"$ref": "#/$defs/label"}, "augment": {"$ref": "#/$defs/augment"}}
    forms = [
        {
            "if": {"properties": {"source": {"const": name}}},
            "then": {
                "additionalProperties": False,
                "required": [*source.required],
                "properties": {**common, **source.keys},
                **source.between,
            },
        }
        for name, source in SOURCES.items()
    ]
    return {
        "type": "object",
        "required": [*common],
        "properties": {"source": {"enum": [*SOURCES]}},
        "allOf": forms,
    }


def _is_number(value: object) -> bool:
    return type(value) is int or (type(value) is float and math.isfinite(value))


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
    if "propertyNames" in error.schema_path:
        return f"config: {key} has the name {_shown(error.instance)}: {_reason(error)}"
    if error.validator == "enum":
        allowed = ", ".join(map(repr, error.validator_value))
        guess = did_you_mean(error.instance, error.validator_value)
        return f"config: {key} = {_shown(error.instance)} is not one of {allowed}{guess}"
    return f"config: {key} = {_shown(error.instance)}: {_reason(error)}"


def _shown(value: object) -> str:
    """A value as Python writes it, on one line; of a long one the beginning."""
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} ..."


def _unknown_key(key: str, error: jsonschema.ValidationError) -> str:
    known = error.schema.get("properties", {})
    unknown = next(name for name in error.instance if name not in known)
    if (unknown, *error.absolute_path)[:2] == ("low", "tables"):
        return f"config: {key}.low: now grids.{error.instance.get('grid', 'NAME')}.low_norm"
    guess = did_you_mean(unknown, known)
    return f"config: {key} has the unknown key {_shown(unknown)}{guess}; allowed: {', '.join(known)}"


def _reason(error: jsonschema.ValidationError) -> str:
    expected, value = error.validator_value, error.instance
    match error.validator:
        case "type" | "pattern" if "description" in error.schema:
            return f"must be {error.schema['description']}{_yaml_hint(value)}"
        case "type":
            names = [expected] if isinstance(expected, str) else expected
            hint = _yaml_hint(value, whole=names == ["integer"])
            if hint and isinstance(error.absolute_path[-1], int):
                hint += "; --config makes text of all that stands in a list: put the list into a study's file"
            return f"must be {' or '.join(TYPES[name] for name in names)}{hint}"
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
        case "maxLength":
            return f"must have at most {expected} characters"
        case "uniqueItems":
            return "must not repeat an entry"
        case _:
            return f"must match {expected}"


def _yaml_hint(value: object, whole: bool = False) -> str:
    """How to write a number that YAML reads as text: one in quotes, or one such as 5e-4 (YAML 1.1)."""
    try:
        number = float(value) if isinstance(value, str) else None
    except ValueError:
        return ""
    if number is None or not math.isfinite(number):
        return ""
    if whole:
        return f" (this is text: write {int(number)} without quotes)" if number.is_integer() else ""
    mantissa, _, exponent = value.partition("e")
    spelled = f"{mantissa}.0e{exponent}" if exponent and "." not in mantissa else repr(number)
    return f" (YAML reads {value} as text here: write {spelled})"


def name_error(key: str, name: str, what: str, known) -> StudyError:
    """The error for a reference to something that does not exist, with the nearest name."""
    allowed = ", ".join(map(str, known)) or "none is defined"
    guess = did_you_mean(name, known)
    return StudyError(f"config: {key} = {_shown(name)} is not a known {what}{guess}; known: {allowed}")
