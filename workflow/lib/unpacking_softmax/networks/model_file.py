"""A user's network, `path/to/model.py:build`: what can be said of it without running it or loading torch."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from unpacking_softmax.artefacts.errors import did_you_mean

NAME = re.compile(r"(?P<file>[^:]+\.py):(?P<function>[^\W\d]\w*)")


def parts(name: str) -> tuple[Path, str] | None:
    """The file and the function that a network's name stands for; None for another kind of name."""
    found = NAME.fullmatch(name)
    return (Path(found["file"]), found["function"]) if found else None


def fault(file: Path, function: str) -> str | None:
    """What keeps the file from being used as a network, in one line; None if nothing is seen.

    It must be one file: a neighbour's code would run without being in the hash of the runs' settings.
    """
    try:
        tree = ast.parse(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return f"there is no {file} in the folder that Snakemake works in"
    except (OSError, UnicodeDecodeError) as error:
        return f"{file} cannot be read ({error})"
    except (SyntaxError, ValueError, RecursionError) as error:
        return f"{file} is no Python ({error})"
    names = set(_defined(tree))
    if function not in names:
        return f"{file} defines no {function}{did_you_mean(function, names)}"
    for module in _imported(tree):
        if module.startswith(".") or _lies_beside(file, module):
            return (
                f"{file} imports {module} from beside it, whose changes would go unnoticed; put both in one "
                "file, or install the other as a package"
            )
    return None


def _defined(tree: ast.Module) -> Iterator[str]:
    """The names that the top level of a module binds."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def _imported(tree: ast.Module) -> Iterator[str]:
    """What a module imports, anywhere in it: `torch`, or `.layers` for a relative import."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "").partition(".")[0]


def _lies_beside(file: Path, module: str) -> bool:
    return (file.parent / f"{module}.py").is_file() or (file.parent / module / "__init__.py").is_file()
