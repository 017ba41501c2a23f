"""The same study gives the same numbers."""

import pytest

from unpacking_softmax.images import dataset


@pytest.mark.slow
def test_from_scratch_twice(built):
    """Images by their hash (safetensors keeps no order in what describes them), the rest byte for byte."""
    first, second = built.root / "site" / "out", built.build("again")
    for name in ("glyphs10", "digits"):
        file = f"data/{name}.safetensors"
        assert dataset.load(first / file).sha256 == dataset.load(second / file).sha256
    run = "runs/glyphs10/small-mlp/base/T1/seed0"
    for file in (f"{run}/model.safetensors", "figures/fig1.csv", "figures/fig2.csv"):
        assert (first / file).read_bytes() == (second / file).read_bytes(), file
