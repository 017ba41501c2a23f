"""The code that a rule runs, as one hash."""

import ast
import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
LIBRARY = PACKAGE.parent
# Modules that name, guard, read, write and log, and compute nothing: a new result path, say, or a clearer
# error must not retrain a grid. Whatever touches a number belongs elsewhere.
PLUMBING = {
    "artefacts/errors.py",
    "artefacts/files.py",
    "artefacts/identity.py",
    "artefacts/joblog.py",
    "artefacts/kinds.py",
    "artefacts/provenance.py",
    "artefacts/reading.py",
    "artefacts/weights.py",
    "artefacts/writing.py",
    "images/registry.py",
    "machine/cards.py",
    "machine/claims.py",
    "machine/memory.py",
    "machine/runtime.py",
    "networks/model_file.py",
    "networks/registry.py",
    "study/paths.py",
}
# Rules whose script hands over to the module of a family, and the packages where these are. The module there
# that leads to all of them is not followed: of the families a rule runs one (see `rule_code`).
HANDED_OVER = {"figure": "plots", "table": "tables"}
DOORS = {f"{package}/families.py" for package in HANDED_OVER.values()}
_WITH_DOCSTRING = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
# Fields without meaning for what the code computes, or known to some Python versions only.
_IGNORED_FIELDS = {"ctx", "kind", "type_comment", "type_ignores"}


def rule_code(scripts: Path, rule: str) -> str:
    """Hash of what a rule runs, from its script in the folder `scripts`.

    A figure or table is known by its family, such as `figure_layers`: it runs the script of all figures,
    and of the families' modules its own. What a registry names, such as `networks/resnet`, is a module
    that no script imports by name. Raises FileNotFoundError for a rule, family or module that there is not.
    """
    if "/" in rule:
        return code_hash(PACKAGE / f"{rule}.py")
    kind, _, family = rule.partition("_")
    if kind in HANDED_OVER and family:
        return code_hash(scripts / f"{kind}.py", PACKAGE / HANDED_OVER[kind] / f"{family}.py")
    return code_hash(scripts / f"{rule}.py")


def code_hash(*files: str | Path) -> str:
    """Hash of files and every library module they reach, over their syntax trees; not of PLUMBING.

    Comments, docstrings, layout and file times do not enter; the order of statements does.
    Two Python versions give the same hash. Returns 16 hexadecimal digits.
    """
    digest = hashlib.sha256()
    for path in sorted(_reached(files), key=lambda p: p.name + str(p)):
        name = path.relative_to(LIBRARY) if path.is_relative_to(LIBRARY) else path.name
        digest.update(f"{name} {_tree_hash(path)}\n".encode())
    return digest.hexdigest()[:16]


def _reached(files: Iterable[str | Path]) -> set[Path]:
    found, queue = set(), [Path(file).resolve() for file in files]
    while queue:
        path = queue.pop()
        if path not in found:
            found.add(path)
            queue.extend(_imports(path))
    return found


@cache
def _parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


@cache
def _imports(path: Path) -> tuple[Path, ...]:
    names: list[str] = []
    for node in ast.walk(_parse(path)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names += [node.module] + [f"{node.module}.{alias.name}" for alias in node.names]
    return tuple(file for name in names for file in _module_files(name))


@cache
def _module_files(name: str) -> tuple[Path, ...]:
    """The files that importing a dotted name of this package executes (none for other packages)."""
    parts = name.split(".")
    if parts[0] != PACKAGE.name:
        return ()
    packages = [LIBRARY.joinpath(*parts[: i + 1], "__init__.py") for i in range(len(parts))]
    module = LIBRARY.joinpath(*parts).with_suffix(".py")
    files = [p.resolve() for p in [*packages, module] if p.is_file()]
    return tuple(p for p in files if p.relative_to(PACKAGE).as_posix() not in PLUMBING | DOORS)


@cache
def _tree_hash(path: Path) -> str:
    return hashlib.sha256(_dump(_parse(path)).encode()).hexdigest()


def _dump(node) -> str:
    """A syntax tree as text, the same in every Python version that can parse it."""
    if isinstance(node, ast.AST):
        fields = []
        for name, value in ast.iter_fields(node):
            if name == "body" and isinstance(node, _WITH_DOCSTRING):
                value = value[1:] if _starts_with_docstring(value) else value
            if value not in (None, []) and name not in _IGNORED_FIELDS:
                fields.append(f"{name}={_dump(value)}")
        return f"{type(node).__name__}({','.join(fields)})"
    if isinstance(node, list):
        return f"[{','.join(map(_dump, node))}]"
    return repr(node)


def _starts_with_docstring(body: list) -> bool:
    first = body[0] if body else None
    return (
        isinstance(first, ast.Expr)
        and isinstance(first.value, ast.Constant)
        and isinstance(first.value.value, str)
    )
