"""The files of a study: what Snakemake loses of them (of a key that is given twice, all but the last value),
or reads in YAML's own way, and the study as Snakemake merges it, for commands that do without Snakemake."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import yaml

from unpacking_softmax.artefacts.errors import StudyError

NUMBERS = {"tag:yaml.org,2002:int", "tag:yaml.org,2002:float"}
MERGE = "tag:yaml.org,2002:merge"  # of `<<`
# What people read in numbers as YAML 1.1 does, which takes 010 for 8, 1:30 for 90 and 1_000 for 1000.
PLAIN = re.compile(r"[-+]?(0|[1-9][0-9]*|[0-9]*\.[0-9]*([eE][-+]?[0-9]+)?|\.(inf|Inf|INF))|\.(nan|NaN|NAN)")


def check_files(paths: Iterable[str | Path]) -> None:
    """Raise StudyError for the first file that cannot be read, that is no mapping, that gives a key twice in
    one mapping, or that has a number which YAML reads as another than people do."""
    for path in paths:
        root = _parsed(Path(path))
        if not isinstance(root, yaml.MappingNode):
            place = f"config: {path}, line {root.start_mark.line + 1}" if root else f"config: {path}"
            raise StudyError(f"{place}: holds no keys; a study is a mapping, such as `title: My images`")
        for node in _nodes(root):
            if fault := _bad_key(node) or _misread(node):
                line, reason = fault
                raise StudyError(f"config: {path}, line {line}: {reason}")


def merged(*paths: str | Path) -> dict:
    """The mapping of several files, each laid over those before it, key by key.

    Raises StudyError as `check_files`.
    """
    check_files(paths)
    config: dict = {}
    for path in paths:
        config = _laid_over(config, yaml.safe_load(Path(path).read_text(encoding="utf-8")))
    return config


def _laid_over(below: object, values: Mapping) -> object:
    """As `snakemake.utils.update_config` does it, empty mappings included: they take nothing away."""
    for key, value in values.items():
        below = below if isinstance(below, dict) else {}
        below[key] = _laid_over(below.get(key, {}), value) if isinstance(value, Mapping) else value
    return below


def _parsed(path: Path) -> yaml.Node | None:
    """The file's root; None for an empty file."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise StudyError(f"config: {path}: not readable ({error.strerror})") from error
    try:
        text = data.decode()
        return yaml.compose(text, yaml.SafeLoader)
    except UnicodeDecodeError as error:
        line = 1 + data.count(b"\n", 0, error.start)
        byte = f"byte {data[error.start]:#04x}"
        fault = f"not UTF-8 text ({byte}); save the file as UTF-8"
        raise StudyError(f"config: {path}, line {line}: {fault}") from error
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        line = _line_of(error, text)
        place = f"config: {path}" if line is None else f"config: {path}, line {line}"
        parts = [getattr(error, part, None) for part in ("context", "problem", "reason")]
        reason = " ".join((": ".join(filter(None, parts)) or str(error)).split())
        raise StudyError(f"{place}: not readable as YAML ({reason})") from error


def _line_of(error: Exception, text: str) -> int | None:
    """The line at which YAML noticed its error, where it says one."""
    if isinstance(error, yaml.reader.ReaderError):
        return text[: error.position].count("\n") + 1
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    return mark and mark.line + 1


def _nodes(root: yaml.Node) -> Iterator[yaml.Node]:
    """Every node, each once, in any order."""
    seen, queue = set[int](), [root]
    while queue:
        node = queue.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))  # an alias leads to a node again, perhaps in a circle
        yield node
        if isinstance(node, yaml.SequenceNode):
            queue += node.value
        elif isinstance(node, yaml.MappingNode):
            queue += [part for pair in node.value for part in pair]


def _bad_key(node: yaml.Node) -> tuple[int, str] | None:
    """The line of a key that a mapping gives again or that is no text, and what is wrong with it."""
    keys = set[str]()
    for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            return line, "a key is a list or a mapping; a key is text"
        if key.value in keys:
            return line, f"{key.value!r} is given twice; keep one of them"
        keys.add(key.value)
    return None


def _misread(node: yaml.Node) -> tuple[int, str] | None:
    """The line of what YAML reads as something else than it says, and what is wrong with it."""
    if not isinstance(node, yaml.ScalarNode) or node.tag == MERGE:
        return None
    line = node.start_mark.line + 1
    try:
        value = yaml.SafeLoader("").construct_object(node)
    except (ValueError, yaml.YAMLError):  # such as 2026-13-45: no date
        kind = node.tag.rpartition(":")[2]
        return (
            line,
            f"YAML takes {node.value} for a {kind}, which it is not; write it in quotes",
        )
    if node.tag in NUMBERS and not PLAIN.fullmatch(node.value):
        how = "write the number in plain digits, or text in quotes"
        return line, f"YAML reads {node.value} as {value}; {how}"
    return None
