"""Errors that a user can cause and mend: one clear line each, without a traceback."""

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path


class UserError(Exception):
    """Something outside the code is wrong; the message names the file or key, and the remedy."""


class StudyError(UserError):
    """The configuration is wrong or contradicts itself."""


class DataError(UserError):
    """Input images are missing, damaged or not what they were declared to be."""


class ResourceError(UserError):
    """The machine lacks what was asked of it: memory, a GPU."""


class ArtefactError(UserError):
    """A file that the workflow wrote earlier is damaged or belongs to something else."""


class OutputError(UserError):
    """A result cannot be written: the disk is full, or the folder refuses."""


def unusable(path: str | Path, reason: object, again: str = "made") -> ArtefactError:
    """The error for a file that the workflow wrote and now cannot use; of `reason` the first line.

    again: what Snakemake does once the file is gone.
    """
    return ArtefactError(f"{path}: {first_line(reason)}; delete it, and it is {again} again")


def first_line(reason: object) -> str:
    """What an error says in its first line; where it says nothing, what it is."""
    return next(iter(str(reason).splitlines()), "") or repr(reason)


def did_you_mean(word: object, known: Iterable[object]) -> str:
    """` (did you mean 'x'?)` with the nearest of the known words, whatever their case; empty if none is,
    and for a number, which none is near to."""
    if str(word).replace(".", "", 1).isdigit():
        return ""
    spelled = {str(name).lower(): name for name in reversed([*known])}
    close = get_close_matches(str(word).lower(), spelled, n=1)
    return f" (did you mean '{spelled[close[0]]}'?)" if close else ""
