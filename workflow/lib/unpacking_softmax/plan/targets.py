"""What to say of targets that are typed wrongly: Snakemake says there is no rule, or makes another run."""

import re
from collections.abc import Collection, Iterable, Mapping
from difflib import SequenceMatcher, get_close_matches
from pathlib import Path, PurePosixPath

from unpacking_softmax.artefacts.errors import StudyError
from unpacking_softmax.artefacts.kinds import KINDS
from unpacking_softmax.study import checks
from unpacking_softmax.study.catalogue import FIGURES, TABLES
from unpacking_softmax.study.study import Study
from unpacking_softmax.study.temperature import Temperature

# The first folder below `results` of every kind.
FOLDERS = {(kind.path.split("/")[1],) for kind in KINDS.values()}
SUFFIXES = {"figure": (".pdf", ".png", ".csv"), "table": (".csv", ".md", ".tex")}
OPENED = (".pdf", ".md", "")
LAST_SEED = 2**32 - 1
# How alike a target and what is offered in its place must be, from 0 to 1.
ALIKE = 0.5
SEED = re.compile(r"/T[^/]+/seed([^/]*)(?:/|\Z)")


def check_names(target: str, names: Mapping[str, str], study: Study) -> None:
    """Raise StudyError for a result whose path names what the study does not know, or spells it otherwise.

    names: the wildcards that the rule which would make it reads in its path. A run that is in no grid can be
    made, if its data set, architecture, variant, temperature and seed are what a grid could ask for.
    """
    try:
        _check_parts(names, study)
    except StudyError as error:
        raise StudyError(f"{target}: {str(error).removeprefix('config: ')}") from error


def _check_parts(names: Mapping[str, str], study: Study) -> None:
    config = study.config
    if "dataset" not in names:
        return
    dataset, source = names["dataset"], names.get("source", names["dataset"])
    for name in (dataset, source):
        if name in study.without_root:
            raise StudyError(switched_off(study, [name]))
    checks.known("dataset", dataset, "data set", config["datasets"])
    if source != dataset:
        checks.check_ood("source", source, dataset, config["datasets"])
    if "architecture" in names:
        architecture = names["architecture"]
        checks.known("architecture", architecture, "architecture", config["architectures"])
        checks.check_variant("variant", architecture, names["variant"], config)
        checks.check_size("dataset", dataset, architecture, config)
    if "temperature" in names:
        _check_temperature(names["temperature"], dataset, config)
    if "seed" in names:
        _check_seed(names["seed"])


def _check_temperature(text: str, dataset: str, config: Mapping) -> None:
    try:
        temperature = Temperature.parse(text)
    except ValueError:
        raise StudyError(f"T{text}: not a number, nor match-<architecture>[@<variant>]") from None
    checks.check_temperatures("temperature", [text])
    if temperature.matched:
        checks.check_match("temperature", text, dataset, config)
    if str(temperature) != text:
        raise StudyError(f"T{text}: a temperature has one spelling; ask for T{temperature}")


def _check_seed(text: str) -> None:
    if int(text) > LAST_SEED:
        raise StudyError(f"seed = {text}: must be at most {LAST_SEED}")
    if str(int(text)) != text:
        raise StudyError(f"seed{text}: a seed has one spelling; ask for seed{int(text)}")


def no_such_target(target: str, study: Study, made: Collection[str], others: Mapping[str, str]) -> StudyError:
    """The error for what this study has no rule for.

    made: what can be asked for by name: rules, and files that need no wildcard. others: studies of this
    project, by the folder of their results.
    """
    folder = next((f for f in (study.paths.results, *others) if _lies_in(target, f)), None)
    if folder not in (None, study.paths.results):
        file = others[folder]
        return StudyError(f"{target} is of another study, {file}: is `--configfile {file}` missing?")
    if folder and (seed := SEED.search(target)) and not re.fullmatch("[0-9]+", seed[1]):
        return StudyError(f"{target}: seed{seed[1]}: a seed is a whole number from 0 to {LAST_SEED}")
    name = PurePosixPath(target).name.partition(".")[0]
    if name in study.switched_off:
        return StudyError(f"{target}: {switched_off(study, [name])}")
    known = {path: PurePosixPath(path).name.partition(".")[0] for path in (*_files(study), *made)}
    known |= {path: path.removeprefix("all_") for path in known if path.startswith("all_")}
    if same := [path for path, stem in known.items() if stem == name]:
        nearest = min(same, key=lambda path: (*_unlike(target, path), path))
        return StudyError(f"{target} is no target of this study, {nearest} is{_elsewhere(target, nearest)}")
    if name in FIGURES or name in TABLES:
        section = "figures" if name in FIGURES else "tables"
        return StudyError(f"{target}: this study has no {name}: bind it under `{section}`")
    # A long folder alone makes no likeness.
    alike = [path for path, stem in known.items() if SequenceMatcher(None, name, stem).ratio() >= ALIKE]
    near = get_close_matches(target, alike, n=1, cutoff=ALIKE)
    guess = "".join(f" (did you mean {path}?)" for path in near)
    return StudyError(f"{target} is no target of this study{guess}; `all` makes every one")


def _unlike(target: str, path: str) -> tuple[bool, bool]:
    """Whether a file of the same name has another suffix, and one that a person does not open."""
    suffix = PurePosixPath(path).suffix
    return suffix != PurePosixPath(target).suffix, suffix not in OPENED


def _lies_in(target: str, results: str) -> bool:
    """Whether a target lies where a study with this folder of results would have it."""
    path = PurePosixPath(target)
    return path.is_relative_to(results) and path.relative_to(results).parts[:1] in FOLDERS


def _elsewhere(target: str, nearest: str) -> str:
    """What to add for a file of the same name in a folder like ours: it may be another study's."""
    asked, ours = PurePosixPath(target).parent, PurePosixPath(nearest).parent
    if asked == ours or not asked.name or asked.name != ours.name:
        return ""
    return "; for another study's, is `--configfile` missing?"


def switched_off(study: Study, names: Iterable[str]) -> str:
    """Why figures and tables are left out."""
    roots = ", ".join(f"datasets.{name}.root" for name in study.without_root)
    return f"switched off until its data are there (null: {roots}): {', '.join(names)}"


def studies(folder: Path) -> dict[str, str]:
    """The studies in a folder, as files by the folder of their results; read without a YAML parser."""
    found = {}
    for path in sorted(folder.glob("*.yaml")):
        text = path.read_text(encoding="utf-8", errors="replace")
        if line := re.search(r"^results: *(\S+)", text, re.MULTILINE):
            found[line[1]] = f"{folder.name}/{path.name}"
    return found


def _files(study: Study) -> list[str]:
    names = {"figure": study.figures(), "table": study.tables()}
    return [
        study.paths(kind, **{kind: name}, suffix=suffix)
        for kind, suffixes in SUFFIXES.items()
        for name in names[kind]
        for suffix in suffixes
    ]
