"""What no library module and no script may do, by their syntax trees: SECURITY.md says why."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from study_files import PROJECT

LIBRARY = PROJECT / "workflow" / "lib" / "unpacking_softmax"
CODE = sorted((PROJECT / "workflow").rglob("*.py"))
RULES = [PROJECT / "Snakefile", *sorted((PROJECT / "workflow" / "rules").glob("*.smk"))]

# Modules that run what they read, or call what Python does not check.
MODULES = {"pickle", "_pickle", "cPickle", "cloudpickle", "dill", "joblib", "jsonpickle", "marshal", "shelve",
           "code", "ctypes", "pty", "runpy", "telnetlib", "ftplib", "requests", "httpx"}  # fmt: skip
# Modules with one place each, where what they are given is checked first.
PLACES = {
    "subprocess": "machine/runtime.py machine/cards.py workflow/accept_code.py",  # fixed words
    "urllib": "images/archives.py",
    "http": "images/archives.py",  # the name of its exceptions
    "tarfile": "images/archives.py artefacts/archive/pack.py artefacts/archive/opened.py",
    "torchvision.datasets": "images/archives.py",  # unpickles CIFAR, after the hash of each file is checked
    "importlib.util": "networks/from_file.py",  # the user's own network, which SECURITY.md speaks of
    "importlib.machinery": "",
    "timm": "networks/from_timm.py",  # without pretrained weights, which it would download
    "PIL": "images/decode.py images/glyphs.py",  # the second draws, and reads no image
}
NAMES = {"eval", "exec", "compile", "__import__", "breakpoint"}
ATTRIBUTES = {"system", "popen", "execv", "execve", "execvp", "spawnv", "spawnl", "fork", "forkpty",
              "extract", "extractall", "unpack_archive", "urlretrieve", "mktemp", "read_pickle", "to_pickle",
              "full_load", "unsafe_load", "load_all", "UnsafeLoader", "FullLoader", "import_module",
              "exec_module", "spec_from_file_location", "module_from_spec", "load_module",
              "_create_unverified_context", "CERT_NONE"}  # fmt: skip
# Those with one place each: modules of this package, by names that a registry gives; and a user's file.
ATTRIBUTE_PLACES = {
    "import_module": "networks/door.py images/sources.py",
    "exec_module": "networks/from_file.py",
    "spec_from_file_location": "networks/from_file.py",
    "module_from_spec": "networks/from_file.py",
}
# `load` by who offers it: each of these unpickles or builds objects.
LOADS = {"torch", "np", "numpy", "yaml", "jit", "hub", "serialization"}
KEYWORDS = {"allow_pickle", "shell", "weights_only", "verify"}
# Who reads a user's checkpoint, for him and outside every rule: with weights_only, and pickle for its error.
CONVERTER = "workflow/convert_checkpoint.py"
ALLOWED = {CONVERTER: ["import pickle", "torch.load", "weights_only="]}


def offences(tree: ast.AST, name: str) -> Iterator[str]:
    """Each forbidden thing in a module, with its line."""
    for node in ast.walk(tree):
        for what in _of(node, name):
            yield f"{name}:{node.lineno}: {what}"


def _of(node: ast.AST, name: str) -> Iterator[str]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield from _imported(node, name)
    elif isinstance(node, ast.Name) and node.id in NAMES:
        yield node.id
    elif isinstance(node, ast.Attribute):
        if _misplaced(node.attr, name):
            yield f".{node.attr}"
        owner = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
        if node.attr == "load" and owner in LOADS:
            yield f"{owner}.load"
    elif isinstance(node, ast.keyword) and node.arg in KEYWORDS:
        yield f"{node.arg}="


def _misplaced(attribute: str, name: str) -> bool:
    return attribute in ATTRIBUTES and name not in ATTRIBUTE_PLACES.get(attribute, "").split()


def _imported(node: ast.Import | ast.ImportFrom, name: str) -> Iterator[str]:
    for alias in node.names:
        base = getattr(node, "module", None)
        full = f"{base}.{alias.name}" if base else alias.name
        if full.startswith(f"{LIBRARY.name}."):
            continue
        if (
            full.split(".")[0] in MODULES
            or _misplaced(alias.name, name)
            or (alias.name == "load" and base in LOADS)
        ):
            yield f"import {full}"
        for module, places in PLACES.items():
            if f"{full}.".startswith(f"{module}.") and name not in places.split():
                yield f"import {full}"


def _name(path: Path) -> str:
    return path.relative_to(LIBRARY if path.is_relative_to(LIBRARY) else PROJECT).as_posix()


@pytest.mark.parametrize("path", CODE, ids=_name)
def test_nothing_forbidden(path):
    found = offences(ast.parse(path.read_text(encoding="utf-8")), _name(path))
    assert [line.split(": ")[1] for line in found] == ALLOWED.get(_name(path), [])


def test_checkpoints_are_read_as_weights_only():
    text = (PROJECT / CONVERTER).read_text(encoding="utf-8")
    assert re.findall(r"torch\.load\(.*\)", text) == [
        'torch.load(source, map_location="cpu", weights_only=True)'
    ]
    assert re.findall(r"\bpickle\b(?!\n)\S*", text) == ["pickle.UnpicklingError"]


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.name)
def test_rules_run_scripts_only(path):
    """Scripts are called by Snakemake with fixed words; nothing of a study reaches a shell."""
    directives = re.findall(
        r"^    (shell|run|notebook|wrapper|cwl|container):", path.read_text(), re.MULTILINE
    )
    assert directives == []


def test_one_subprocess_of_fixed_words():
    """The command is a list, its only variable part the folder of the code."""
    tree = ast.parse((LIBRARY / "machine" / "runtime.py").read_text(encoding="utf-8"))
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("subprocess.")
    ]
    (call,) = calls
    assert ast.unparse(call.func) == "subprocess.run"
    assert "command = ['git', '-C', str(HERE), 'describe'," in ast.unparse(tree)
    assert ast.unparse(call.args[0]) == "command"


@pytest.mark.parametrize("name", ["networks/door.py", "images/sources.py"])
def test_what_is_imported_by_name_is_of_this_package(name):
    """The one variable part is what the registry calls the module."""
    tree = ast.parse((LIBRARY / name).read_text(encoding="utf-8"))
    calls = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    (call,) = (call for call in calls if call.startswith("import_module("))
    folder = name.partition("/")[0]
    assert re.fullmatch(rf"import_module\(f'unpacking_softmax\.{folder}\.{{[^{{}}]*\.module}}'\)", call)


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "import runpy",
        "from pickle import loads",
        "import torch.hub as marshal, marshal",
        "torch.load(path)",
        "torch.load(path, weights_only=True)",
        "from torch import load",
        "np.load(path)",
        "np.lib.load_array(path, allow_pickle=True)",
        "pd.read_pickle(path)",
        "yaml.load(text, yaml.SafeLoader)",
        "yaml.unsafe_load(text)",
        "yaml.compose(text, yaml.UnsafeLoader)",
        "eval(text)",
        "f = exec",
        "compile(text, '', 'eval')",
        "os.system(command)",
        "from os import system",
        "import subprocess",
        "from subprocess import run",
        "run(command, shell=True)",
        "tar.extractall(folder, filter='data')",
        "import tarfile",
        "shutil.unpack_archive(path)",
        "import urllib.request",
        "from urllib import request",
        "from torchvision.datasets import CIFAR10",
        "from torchvision import datasets",
        "from PIL import Image",
        "tempfile.mktemp()",
        "importlib.import_module(name)",
        "from importlib import import_module",
        "import importlib.util",
        "from importlib.machinery import SourceFileLoader",
        "loader.exec_module(module)",
        "import timm",
        "ssl._create_unverified_context()",
    ],
)
def test_each_offence_is_seen(line):
    assert list(offences(ast.parse(line), "measures/new.py"))
