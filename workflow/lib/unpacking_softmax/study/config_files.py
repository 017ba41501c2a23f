"""The files of a study: what Snakemake loses of them (of a key that is given twice, all but the last value),
and the study as Snakemake merges it, for commands that do without Snakemake."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import yaml

from unpacking_softmax.artefacts.errors import StudyError


def check_files(paths: Iterable[str | Path]) -> None:
    """Raise StudyError for the first file that cannot be read, or that gives a key twice in one mapping."""
    for path in paths:
        for key, line in _repeated(_parsed(Path(path))):
            raise StudyError(f"config: {path}, line {line}: {key!r} is given twice; keep one of them")


def merged(*paths: str | Path) -> dict:
    """The mapping of several files, each laid over those before it, key by key.

    Raises StudyError for a file that cannot be read, gives a key twice, or is no mapping.
    """
    check_files(paths)
    config: dict = {}
    for path in paths:
        values = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
        if not isinstance(values, Mapping):
            raise StudyError(f"config: {path}: holds no keys; a study is a mapping")
        config = _laid_over(config, values)
    return config


def _laid_over(below: object, values: Mapping) -> object:
    """As `snakemake.utils.update_config` does it, empty mappings included: they take nothing away."""
    for key, value in values.items():
        below = below if isinstance(below, dict) else {}
        below[key] = _laid_over(below.get(key, {}), value) if isinstance(value, Mapping) else value
    return below


def _parsed(path: Path) -> yaml.Node | None:
    try:
        return yaml.compose(path.read_text(encoding="utf-8"), yaml.SafeLoader)
    except (OSError, ValueError, yaml.YAMLError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise StudyError(
            f"config: {path}: not readable as YAML ({reason}); mend the line it names"
        ) from error


def _repeated(root: yaml.Node | None) -> Iterator[tuple[str, int]]:
    """Keys that a mapping gives again, each with its line; in any order."""
    seen, queue = set[int](), [root]
    while queue:
        node = queue.pop()
        if id(node) in seen or not isinstance(node, yaml.CollectionNode):
            continue
        seen.add(id(node))  # an alias leads to a node again, perhaps in a circle
        if isinstance(node, yaml.SequenceNode):
            queue += node.value
            continue
        keys = set[str | None]()
        for key, value in node.value:
            queue += [key, value]
            if isinstance(key, yaml.ScalarNode) and key.value in keys:
                yield key.value, key.start_mark.line + 1
            keys.add(key.value if isinstance(key, yaml.ScalarNode) else None)
