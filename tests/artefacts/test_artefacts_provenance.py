"""What does and what does not change the hash of a script's code."""

import subprocess
import sys
from pathlib import Path

import pytest

from unpacking_softmax.artefacts import provenance
from unpacking_softmax.artefacts.provenance import code_hash, rule_code

LIBRARY = Path(provenance.__file__).resolve().parents[2]
SCRIPTS = LIBRARY.parent / "scripts"
PACKAGE = {
    "unpacking_softmax/__init__.py": '"""The package."""\n',
    "unpacking_softmax/near.py": "from unpacking_softmax.rooms.far import WIDTH\n\nTWICE = 2 * WIDTH\n",
    "unpacking_softmax/rooms/__init__.py": "",
    "unpacking_softmax/rooms/far.py": "def area(a, b):\n    return a * b\n\n\nWIDTH = 3  # metres\n",
    "unpacking_softmax/rooms/late.py": "GAIN = 1.5\n",
    "unpacking_softmax/unused.py": "import json\n\nGAP = 1\n",
    "scripts/job.py": (
        '"""Rule job."""\n\nimport json\n\nfrom unpacking_softmax import near\n\n\n'
        "def late():\n    import unpacking_softmax.rooms.late\n\n\nprint(near.TWICE)\n"
    ),
}
# Constructs whose syntax trees have changed between Python versions, and some that have not.
SNIPPET = '''"""Fixed."""
from __future__ import annotations
import asyncio

@decorate(k=None)
class A(B, metaclass=M):
    """Gone."""
    x: int = -1_000
    def f(self, a, /, b: "str" = 'q', *c, d=(), **e) -> None:
        """Gone, too."""
        return f"{a!r:>{b}.3f} {c=} {{}}" "tail" u"u" + rb"\\x00".hex() if (n := len(c)) else ...

async def g(*, y=lambda: (yield)):
    async with y as z, z() as w:
        await w[1:2, ..., ::3]
    match w:
        case {"a": [1, *rest], **others} if rest:
            del rest[0]
        case A(x=1.5) | None as k:
            pass
    try:
        assert 0 < 1 <= 2e-3j
    except* ValueError as group:
        raise KeyError from group
    return {**w, "k": [i for j in w for i in j if not i]}
'''


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Write a small package and a script; return a function that edits a file and hashes the script."""
    monkeypatch.setattr(provenance, "LIBRARY", tmp_path)
    monkeypatch.setattr(provenance, "PACKAGE", tmp_path / "unpacking_softmax")
    for name, text in PACKAGE.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)

    def forget():
        for function in (provenance._parse, provenance._imports, provenance._module_files):
            function.cache_clear()
        provenance._tree_hash.cache_clear()

    def edited(name=None, old="", new=""):
        if name:
            path = tmp_path / name
            text = path.read_text() if path.exists() else ""
            assert old in text
            path.write_text(text.replace(old, new) if old else new + text)
        forget()
        return code_hash(tmp_path / "scripts" / "job.py")

    yield edited
    forget()


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("unpacking_softmax/rooms/far.py", "# metres", "# metres, measured twice"),
        ("unpacking_softmax/rooms/far.py", "a * b", "(a *\n            b)  # brackets"),
        ("unpacking_softmax/rooms/far.py", "b):\n", 'b):\n    """Square metres."""\n'),
        ("unpacking_softmax/__init__.py", "The package", "A package"),
        ("unpacking_softmax/near.py", "", '"""A module docstring."""\n\n'),
        ("scripts/job.py", "Rule job", "The job"),
        ("unpacking_softmax/unused.py", "GAP = 1", "GAP = 2"),
        ("unpacking_softmax/brand_new.py", "", "GAP = 2\n"),
    ],
)
def test_hash_stays(package, name, old, new):
    assert package() == package(name, old, new)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("unpacking_softmax/rooms/far.py", "WIDTH = 3", "WIDTH = 4"),
        ("unpacking_softmax/rooms/far.py", "WIDTH = 3", "WIDTH = 3.0"),
        ("unpacking_softmax/rooms/far.py", "a * b", "b * a"),
        ("unpacking_softmax/near.py", "2 *", "2 +"),
        ("unpacking_softmax/rooms/__init__.py", "", "import unpacking_softmax.unused\n"),
        ("unpacking_softmax/rooms/late.py", "1.5", "1.6"),
        ("scripts/job.py", "print", "repr"),
    ],
)
def test_hash_changes(package, name, old, new):
    assert package() != package(name, old, new)


def test_hash_is_pinned(tmp_path):
    """The same on every Python version: a wrong one would re-run every job after an upgrade."""
    script = tmp_path / "fixed.py"
    script.write_text(SNIPPET)
    assert code_hash(script) == "b9b0f436ccc0ab2f"


def test_hash_does_not_depend_on_where_the_project_lies(tmp_path):
    """Through a symbolic link, as home folders on clusters often are."""
    (tmp_path / "linked").symlink_to(LIBRARY.parent)
    program = (
        "import sys; sys.path.insert(0, sys.argv[1] + '/lib')\n"
        "from unpacking_softmax.artefacts.provenance import code_hash\n"
        "print(code_hash(sys.argv[1] + '/scripts/spectra.py'))"
    )
    command = [sys.executable, "-B", "-c", program, str(tmp_path / "linked")]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert printed.strip() == code_hash(SCRIPTS / "spectra.py")


@pytest.mark.parametrize("name", sorted(provenance.PLUMBING))
def test_nothing_that_computes_hides_behind_plumbing(name):
    """What only plumbing imports would be in no hash at all: plumbing imports plumbing, and no more."""
    package = LIBRARY / "unpacking_softmax"
    reached = {path.relative_to(package).as_posix() for path in provenance._imports(package / name)}
    assert {path for path in reached if not path.endswith("__init__.py")} == set()


def test_a_new_kind_of_result_retrains_nothing():
    assert "artefacts/kinds.py" in provenance.PLUMBING
    assert "artefacts/tables.py" not in provenance.PLUMBING


@pytest.mark.parametrize("rule", ["figure", "table"])
def test_doors_lead_to_families_and_no_further(rule):
    """All that a door leads to is hashed where a family is: as the module that `rule_code` adds."""
    folder = LIBRARY / "unpacking_softmax" / provenance.HANDED_OVER[rule]
    led_to = {path for path in provenance._imports(folder / "families.py") if path.name != "__init__.py"}
    assert led_to
    assert {path.parent for path in led_to} == {folder}
    for module in led_to:
        assert rule_code(SCRIPTS, f"{rule}_{module.stem}") == code_hash(SCRIPTS / f"{rule}.py", module)


def test_a_family_that_there_is_not():
    with pytest.raises(FileNotFoundError):
        rule_code(SCRIPTS, "figure_maps")


@pytest.mark.parametrize(
    ("script", "reached", "not_reached"),
    [
        ("train.py", "networks/door.py", "networks/resnet.py"),
        ("spectra.py", "measures/spectra.py", "training/step.py"),
        ("prepare_dataset.py", "images/dataset.py", "images/scene.py"),
        ("figure.py", "readings/view.py", "plots/layers.py"),
    ],
)
def test_scripts_reach_what_they_run(script, reached, not_reached):
    found = provenance._reached([SCRIPTS / script])
    package = LIBRARY / "unpacking_softmax"
    assert (package / not_reached).exists()
    assert package / reached in found
    assert package / "__init__.py" in found
    assert package / not_reached not in found
