"""What is lost when Snakemake reads a study: of a key that a file gives twice, all but the last value."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml

from unpacking_softmax.artefacts.errors import StudyError


def check_files(paths: Iterable[str | Path]) -> None:
    """Raise StudyError for the first file that cannot be read, or that gives a key twice in one mapping."""
    for path in paths:
        for key, line in _repeated(_parsed(Path(path))):
            raise StudyError(f"config: {path}, line {line}: {key!r} is given twice; keep one of them")


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
