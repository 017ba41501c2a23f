"""Configurations as Snakemake merges them, for tests of what is made of them."""

import copy
from pathlib import Path

import yaml
from snakemake.utils import update_config

PROJECT = Path(__file__).parents[1]
REMOVED = object()


def merged(study: Path) -> dict:
    """A study file laid over the defaults."""
    config = yaml.safe_load((PROJECT / "config" / "defaults.yaml").read_text(encoding="utf-8"))
    update_config(config, yaml.safe_load(study.read_text(encoding="utf-8")))
    return config


def tiny() -> dict:
    """The study that binds every figure and table."""
    return merged(PROJECT / "tests" / "studies" / "tiny.yaml")


def altered(config: dict, place: str, value: object) -> dict:
    """A copy with the value at `place` (such as `seeds/0`) set, or taken out where it is REMOVED."""
    config = copy.deepcopy(config)
    *way, last = [int(part) if part.isdigit() else part for part in place.split("/")]
    section = config
    for part in way:
        section = section[part]
    if value is REMOVED:
        del section[last]
    else:
        section[last] = value
    return config
