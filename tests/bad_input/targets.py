"""What is fuzzed: each function takes anything, and says what came of it or fails an assertion."""

import tempfile
from pathlib import Path

import yaml
from snakemake.utils import update_config

from study_files import PROJECT
from unpacking_softmax.artefacts.errors import ArtefactError, DataError, StudyError, UserError
from unpacking_softmax.images import archives, dataset
from unpacking_softmax.images.decode import decode, holds_more, is_image
from unpacking_softmax.plan.settings import Settings
from unpacking_softmax.study.config_files import check_files
from unpacking_softmax.study.study import Study

DEFAULTS = yaml.safe_load((PROJECT / "config" / "defaults.yaml").read_text(encoding="utf-8"))
SCRIPTS = PROJECT / "workflow" / "scripts"
FOLDER = "cifar-10-batches-py"
LONGEST_MESSAGE = 3000


def config_file(data: bytes) -> str:
    """Bytes as a study's file, read as Snakemake reads it, laid over the defaults."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "study.yaml")
        path.write_bytes(data)
        with_line = refusal(StudyError, check_files, [path])
    if with_line:
        return "refused as a file"
    try:
        values = yaml.safe_load(data.decode())
    except (yaml.YAMLError, ValueError, RecursionError):
        return "refused by Snakemake"  # tags and numbers that PyYAML cannot make a value of
    if not isinstance(values, dict):
        return "refused by Snakemake"
    return config(values)


def config(values: dict) -> str:
    """A mapping laid over the defaults: a study with every job's settings, or one line."""
    merged = yaml.safe_load(yaml.safe_dump(DEFAULTS))
    update_config(merged, values)
    return mapping(merged)


def mapping(values: dict) -> str:
    """A whole configuration, as it is."""
    return "refused" if refusal(StudyError, _every_job, values) else "taken"


def _every_job(values: dict) -> None:
    study = Study(values)
    settings = Settings(study, SCRIPTS)
    for grid in study.grids.values():
        for run in grid.runs()[:3]:
            assert len(study.paths("model", run)) < 1000
            settings.train(run), settings.probe(run)
    for target in (*study.figures(), *study.tables()):
        study.files_of(target)
    for name in study.config["datasets"]:
        settings.prepare_dataset(name)
    study.verdict_files(), settings.verdict()


def archive(data: bytes) -> str:
    """Bytes as a CIFAR archive: its files in its folder, or one line and nothing at all."""
    with tempfile.TemporaryDirectory() as folder:
        outside = Path(folder)
        root = outside / "a" / "root"
        root.mkdir(parents=True)
        (root / "cifar.tar.gz").write_bytes(data)
        refused = refusal(UserError, archives.unpack, root / "cifar.tar.gz", root / FOLDER)
        found = {str(path.relative_to(outside)): path for path in outside.rglob("*")}
    known = {"a", "a/root", "a/root/cifar.tar.gz"}
    extra = set(found) - known
    assert set(found) >= known
    if refused:
        assert not extra, f"left behind: {extra}"
        return "refused"
    inside = extra - {f"a/root/{FOLDER}"}
    assert all(name.startswith(f"a/root/{FOLDER}/") and name.count("/") == 3 for name in inside), inside
    return "unpacked"


def image(data: bytes) -> str:
    """Bytes as an image file: pixels of the asked size, or one line."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.jpg")
        path.write_bytes(data)
        pixels: list = []
        refused = refusal(DataError, lambda: pixels.append(decode(path, 16)))
        is_image(path), holds_more(path)
    assert refused or pixels[0].shape == (3, 16, 16)
    return "refused" if refused else "decoded"


def artefact(data: bytes) -> str:
    """Bytes as a data set's file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.safetensors")
        path.write_bytes(data)
        return "refused" if refusal(ArtefactError, dataset.load, path) else "read"


def refusal(kind: type[UserError], function, *arguments) -> str | None:
    """The one line of the error, of this kind, with which `function` refuses; None where it takes them."""
    try:
        function(*arguments)
    except kind as error:
        line = str(error)
        assert line, "an empty message"
        assert "\n" not in line, f"not one line: {line!r}"
        assert len(line) < LONGEST_MESSAGE, f"too long: {line!r}"
        return line
    return None
