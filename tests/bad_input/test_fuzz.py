"""Whatever is read, either a result or one line: hypothesis draws, `targets` judges, for a bounded time."""

import gzip
import io
import json
import tarfile
import tempfile
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import safetensors.numpy
import targets
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image

from study_files import PROJECT, tiny
from unpacking_softmax.artefacts import tables, writing
from unpacking_softmax.artefacts.errors import ArtefactError
from unpacking_softmax.artefacts.kinds import KINDS
from unpacking_softmax.images.decode import FORMATS
from unpacking_softmax.study.paths import Run

pytestmark = pytest.mark.filterwarnings("ignore")


def bounded(examples: int):
    return settings(
        max_examples=examples,
        deadline=timedelta(seconds=20),
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


# --- Configurations ----------------------------------------------------------------------------------------
TINY = tiny()
TEXT = (PROJECT / "tests" / "studies" / "tiny.yaml").read_text(encoding="utf-8")
WORDS = sorted(set(TEXT.replace(":", " ").replace(",", " ").split()) - {"#"})


def places(value, way=()):
    """Every place in a configuration."""
    yield way
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield from places(value[key], (*way, key))


PLACES = [way for way in places(TINY) if way]
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-2, 5000),
    st.floats(),
    st.sampled_from(
        [0, 1, 1.0, -1, 1e-300, 1e300, 10**400, "1", "5e-4", "no", "", "match-resnet8", "~", "/"]
    ),
    st.text(max_size=12),
    st.sampled_from(WORDS),
    st.binary(max_size=4),
    st.dates(),
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.one_of(st.sampled_from(WORDS), st.text(max_size=6), scalars), inner, max_size=4)
    ),
    max_leaves=8,
)
changes = st.lists(
    st.tuples(
        st.sampled_from(PLACES),
        st.sampled_from(["set", "remove", "copy", "add"]),
        values,
        st.sampled_from(PLACES),
    ),
    min_size=1,
    max_size=4,
)


def changed(config, steps):
    """The configuration with values set, taken out, put in from elsewhere, or added under a new key."""
    for way, how, value, other in steps:
        try:
            section, source = config, config
            for key in way[:-1]:
                section = section[key]
            for key in other:
                source = source[key]
            if how == "remove":
                del section[way[-1]]
            elif how == "add" and isinstance(section, dict):
                section[value if isinstance(value, str) else "new"] = source
            else:
                section[way[-1]] = source if how == "copy" else value
        except (KeyError, IndexError, TypeError):
            pass  # an earlier step has taken the place away
    return config


@given(changes)
@bounded(250)
def test_any_change_of_a_study(steps):
    targets.mapping(changed(tiny(), steps))


@given(values)
@bounded(150)
def test_any_mapping_over_the_defaults(value):
    targets.config(value if isinstance(value, dict) else {"grids": value})


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
@bounded(200)
def test_any_bytes_as_a_study(data):
    targets.config_file(data)


@given(
    st.lists(
        st.tuples(
            st.integers(0, len(TEXT)), st.integers(0, 20), st.text(max_size=5) | st.sampled_from(WORDS)
        ),
        max_size=4,
    )
)
@bounded(120)
def test_any_edit_of_a_study_file(edits):
    text = TEXT
    for start, length, new in edits:
        text = text[:start] + new + text[start + length :]
    targets.config_file(text.encode("utf-8", "surrogatepass"))


# --- Archives, images, data sets ---------------------------------------------------------------------------
names = st.one_of(
    st.sampled_from(
        ["..", ".", "", "/", targets.FOLDER, f"{targets.FOLDER}/", f"{targets.FOLDER}/test_batch"]
    ),
    st.lists(st.sampled_from(["..", ".", "", "a", targets.FOLDER, "/etc", "~"]), max_size=5).map("/".join),
    st.text(max_size=20).map(lambda name: f"{targets.FOLDER}/{name}"),
    st.text(max_size=150),
)
members = st.tuples(
    names,
    st.sampled_from([b"0", b"\0", b"1", b"2", b"3", b"4", b"5", b"6", b"7", b"S", b"L", b"K", b"x", b"g"]),
    names,
    st.binary(max_size=40),
    st.one_of(st.none(), st.integers(-(2**40), 2**60)),
)


def tar_of(entries) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name, kind, link, data, size in entries:
            info = tarfile.TarInfo(name.encode("utf-8", "replace").decode().replace("\0", ""))
            info.type, info.linkname, info.size = kind, link.encode("utf-8", "replace").decode(), len(data)
            if size is None:
                tar.addfile(info, io.BytesIO(data))
            else:  # a header that lies
                info.size = size
                tar.fileobj.write(
                    info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape") + data.ljust(512, b"\0")
                )
    return buffer.getvalue()


def damage(data: bytes, edits) -> bytes:
    """Bytes overwritten here and there, and perhaps cut off."""
    out = bytearray(data)
    for place, byte, cut in edits:
        if cut:
            del out[place % (len(out) + 1) :]
        elif out:
            out[place % len(out)] = byte
    return bytes(out)


edits = st.lists(st.tuples(st.integers(0, 2**20), st.integers(0, 255), st.booleans()), max_size=4)


@given(st.lists(members, max_size=4), edits, st.booleans())
@bounded(250)
def test_any_archive(entries, changes, inside):
    """Members of any kind; damage to what is compressed, or to what it is compressed to."""
    data = tar_of(entries)
    data = gzip.compress(damage(data, changes)) if inside else damage(gzip.compress(data), changes)
    targets.archive(data)


@given(st.binary(max_size=600), st.booleans())
@bounded(100)
def test_any_bytes_as_an_archive(data, compressed):
    targets.archive(gzip.compress(data) if compressed else data)


def picture(form: str, mode: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((24, 20), 50).convert(mode).save(buffer, form, **options)
    return buffer.getvalue()


TURNED = Image.Exif()
TURNED[ExifTags.Base.Orientation] = 6
FRAMES = {"save_all": True, "append_images": [Image.new("L", (24, 20))]}
PICTURES = [picture("PNG", mode) for mode in ("L", "RGB", "P", "RGBA")]
PICTURES += [picture("JPEG", mode) for mode in ("L", "RGB", "CMYK")]
PICTURES += [picture(form, "RGB", exif=TURNED) for form in ("PNG", "JPEG", "WEBP", "TIFF")]
PICTURES += [picture("TIFF", "RGB", compression=how) for how in ("raw", "jpeg", "tiff_lzw", "tiff_deflate")]
PICTURES += [picture(form, "L", **FRAMES) for form in ("PNG", "WEBP", "GIF", "TIFF")]
PICTURES += [picture(form, "RGB") for form in ("BMP", "DIB", "PPM", *({"AVIF"} & {*FORMATS}))]


@given(st.sampled_from(PICTURES), edits)
@bounded(300)
def test_any_damage_to_an_image(data, changes):
    targets.image(damage(data, changes))


SAYS = {"name": "x", "classes": ["a", "b"], "mean": [0.5] * 3, "std": [0.5] * 3, "source": "", "sha256": "0"}
IMAGES, LABELS = np.zeros((2, 3, 8, 8), np.uint8), np.arange(2)
ARTEFACT = safetensors.numpy.save(
    {"train.images": IMAGES, "train.labels": LABELS, "test.images": IMAGES, "test.labels": LABELS},
    {"dataset": json.dumps(SAYS)},
)
HEADER = int.from_bytes(ARTEFACT[:8], "little") + 8


@given(st.lists(st.tuples(st.integers(0, HEADER), st.integers(0, 255), st.just(False)), max_size=4))
@bounded(300)
def test_any_damage_to_a_data_set(changes):
    targets.artefact(damage(ARTEFACT, changes))


@given(st.lists(st.tuples(st.integers(0, 2**20), st.integers(0, 255), st.booleans()), min_size=1, max_size=4))
@bounded(200)
def test_any_damage_to_a_table_is_noticed_or_does_no_harm(changes):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "depth.parquet")
        rows = [dict.fromkeys(KINDS["depth"].columns, 1 / n) for n in range(1, 20)]
        writing.write_rows(rows, Run("tiny", "mlp", "base", "1", 0).identity, path)
        sound = tables.gather([path])
        path.write_bytes(damage(path.read_bytes(), changes))
        read: list = []
        if not targets.refusal(ArtefactError, lambda: read.append(tables.gather([path]))):
            pd.testing.assert_frame_equal(read[0], sound)


def test_the_targets_take_what_is_sound():
    """Otherwise everything above might pass by being refused."""
    assert targets.mapping(tiny()) == "taken"
    assert targets.config_file(TEXT.encode()) == "taken"
    assert targets.config_file(yaml.safe_dump({"a": 1}).encode()) == "refused"
    assert (
        targets.archive(gzip.compress(tar_of([(f"{targets.FOLDER}/a", b"0", "", b"x", None)]))) == "unpacked"
    )
    assert {*map(targets.image, PICTURES)} == {"decoded"}
    assert (
        targets.artefact(ARTEFACT) == "refused"
    )  # of another hash; a sound one is read in test_bad_artefacts
