"""The rooms of the library: each imports only from those before it, and no module stands outside one."""

import ast

from project_copy import PROJECT

LIBRARY = PROJECT / "workflow" / "lib" / "unpacking_softmax"
ORDER = [
    "artefacts",
    "machine",
    "images",
    "networks",
    "study",
    "plan",
    "measures",
    "training",
    "readings",
    "theory",
    "plots",
    "tables",
    "verdict",
    "report",
]


def test_no_module_stands_outside_a_room():
    assert [path.name for path in LIBRARY.glob("*.py")] == ["__init__.py"]
    assert {path.name for path in LIBRARY.iterdir() if (path / "__init__.py").exists()} == {*ORDER}


def test_no_arrow_runs_back():
    back = []
    for path in LIBRARY.rglob("*.py"):
        own = path.relative_to(LIBRARY).parts[0]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("unpacking_softmax."):
                other = node.module.split(".")[1]
                if own in ORDER and ORDER.index(other) > ORDER.index(own):
                    back.append((str(path.relative_to(LIBRARY)), node.module))
    assert not back
