import pytest

from unpacking_softmax.artefacts.errors import StudyError
from unpacking_softmax.images import glyphs, sources


def test_dispatch_by_source():
    settings = {"size": 8, "classes": 2, "train_per_class": 3, "test_per_class": 1, "seed": 4}
    data = sources.prepare("tiny", {"source": "glyphs", **settings})
    assert data.name == "tiny"
    assert data.sha256 == glyphs.prepare("other", **settings).sha256


def test_unknown_source():
    with pytest.raises(StudyError, match="data set x: source is web, must be one of glyphs, dig"):
        sources.prepare("x", {"source": "web"})
