"""What to say of a target that no rule makes: Snakemake only says that there is none."""

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import PurePosixPath

from unpacking_softmax.artefacts.errors import StudyError
from unpacking_softmax.study.catalogue import FIGURES, TABLES
from unpacking_softmax.study.study import Study

SUFFIXES = {"figure": (".pdf", ".png", ".csv"), "table": (".csv", ".md", ".tex")}


def no_such_target(target: str, study: Study) -> StudyError:
    """The error for a figure, a table or another file that this study has no rule for."""
    name = PurePosixPath(target).name.partition(".")[0]
    if name in study.switched_off:
        return StudyError(f"{target}: {switched_off(study, [name])}")
    known = {path: PurePosixPath(path).name.partition(".")[0] for path in _files(study)}
    if name in known.values():
        suffix = PurePosixPath(target).suffix
        same = [path for path, stem in known.items() if stem == name]
        nearest = next((path for path in same if path.endswith(suffix)), same[0])
        return StudyError(f"{target} is no target of this study, {nearest} is")
    if name in FIGURES or name in TABLES:
        section = "figures" if name in FIGURES else "tables"
        return StudyError(f"{target}: this study has no {name}: bind it under `{section}`")
    guess = "".join(f" (did you mean {near}?)" for near in get_close_matches(target, known, n=1, cutoff=0.0))
    return StudyError(f"{target} is no target of this study{guess}; `all` makes every one")


def switched_off(study: Study, names: Iterable[str]) -> str:
    """Why figures and tables are left out."""
    roots = ", ".join(f"datasets.{name}.root" for name in study.without_root)
    return f"switched off until its data are there (null: {roots}): {', '.join(names)}"


def _files(study: Study) -> list[str]:
    names = {"figure": study.figures(), "table": study.tables()}
    return [
        study.paths(kind, **{kind: name}, suffix=suffix)
        for kind, suffixes in SUFFIXES.items()
        for name in names[kind]
        for suffix in suffixes
    ]
