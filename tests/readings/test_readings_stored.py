"""Spectra as they are stored: small, near, and with every count as it was."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unpacking_softmax.artefacts import writing
from unpacking_softmax.readings.rank import RULES, cut, numerical_rank
from unpacking_softmax.readings.stored import (
    BITS,
    COSINES,
    COUNTED,
    EXACT,
    LEADING,
    rounded,
    stored,
    stored_rows,
)

SHAPE = (50_000, 10_000)


def decaying(k=10_000, decades=7.0, top=1e4):
    """As of a layer: a few large values, then a long tail."""
    return top * 10 ** (-decades * np.linspace(0, 1, k) ** 0.3)


def ranks(sigma, n=SHAPE[0], d=SHAPE[1]):
    return {rule: numerical_rank(sigma, n, d, rule) for rule in RULES}


def test_a_number_is_rounded_to_the_nearest_with_so_many_bits():
    # 1 + 5/8 with two bits of mantissa lies between 1.5 and 1.75; of two as near the even one is not sought.
    assert rounded([1.625, 1.6, 1.9, 3.1, -1.6], 2).tolist() == [1.75, 1.5, 2.0, 3.0, -1.5]
    assert rounded([np.pi], 23) == np.float32(np.pi)
    values = np.exp(np.random.default_rng(0).normal(0, 20, 10_000))
    for bits in (6, 9, 12):
        error = np.abs(rounded(values, bits).astype(float) / values - 1)
        assert 0.9 < error.max() * 2 ** (bits + 1) <= 1.0001


def test_what_is_not_finite_stays_so():
    assert np.isnan(stored([np.nan] * 3, [SHAPE])).all()
    assert rounded([np.inf, np.nan], 9)[0] == np.inf
    assert np.isnan(numerical_rank(stored([np.inf, 1.0], [SHAPE]), *SHAPE, "torch"))
    large = np.array([1e200, 1.0])
    assert stored(large, [SHAPE]).tolist() == large.tolist()
    assert stored([], [SHAPE]).tolist() == []


def test_the_first_values_keep_float32s_precision_and_the_others_are_near():
    sigma = decaying()
    kept = stored(sigma, [SHAPE])
    assert kept.dtype == np.float32
    assert (kept[:LEADING] == sigma[:LEADING].astype(np.float32)).all()
    assert np.abs(kept / sigma - 1).max() < 2.0 ** -(BITS + 1) + 1e-7
    assert (np.diff(kept) <= 0).all()
    assert (stored(sigma, [SHAPE], EXACT) == sigma.astype(np.float32)).all()


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("bits", [COUNTED, BITS, EXACT])
def test_values_next_to_a_cut_stay_on_their_side(rule, bits):
    """Four thousand values within float64's precision of the cut, half of them above it."""
    sigma = decaying()
    gamma = cut(sigma, *SHAPE, rule)
    near = gamma * (1 + np.arange(-2000, 2000)[::-1] * 1e-15)
    sigma = np.r_[sigma[sigma > near[0]], near, sigma[sigma < near[-1]]]
    kept = stored(sigma, [SHAPE], bits)
    assert ranks(kept) == ranks(sigma)
    assert (np.diff(kept) <= 0).all()
    # Rounding alone would not have kept it.
    assert ranks(rounded(sigma, bits)) != ranks(sigma)


@settings(max_examples=300, derandomize=True, deadline=None)
@given(
    st.lists(st.floats(1e-12, 1e9), min_size=1, max_size=60),
    st.integers(1, 100_000),
    st.integers(1, 10_000),
    st.sampled_from([COUNTED, BITS, EXACT]),
)
def test_counts_of_any_spectrum_stay(values, n, d, bits):
    sigma = np.sort(values)[::-1]
    assert ranks(stored(sigma, [(n, d)], bits), n, d) == ranks(sigma, n, d)


def test_counts_of_values_drawn_around_every_cut_stay():
    generator = np.random.default_rng(0)
    for top in (1.0, 1e3, 1e6):
        gammas = [cut([top], *SHAPE, rule) for rule in RULES]
        around = np.outer(gammas, 1 + generator.normal(0, 1e-4, 500)).ravel()
        sigma = np.sort(np.r_[top, around[around < top]])[::-1]
        assert ranks(stored(sigma, [SHAPE])) == ranks(sigma)


def test_a_cut_does_not_depend_on_how_values_are_stored():
    """A product with a float32 number would be one itself."""
    sigma = np.array([3.0, 1.0], dtype=np.float32)
    for rule in RULES:
        assert cut(sigma, 7, 5, rule) == cut(sigma.astype(float), 7, 5, rule)


def layer(**more):
    return {"point": "conv1", "n": 64, "d": 576, "input_n": 262_144, "input_d": 576, **more}


def bits_of(values):
    """The most bits of the mantissa that any of the values takes."""
    bare = values.view(np.uint32) & np.uint32(2**EXACT - 1)
    return max(EXACT - (int(value) & -int(value)).bit_length() + 1 for value in bare if value)


def test_each_table_keeps_what_is_read_of_it():
    sigma = decaying(576, 5.0, 3e3)
    (row,) = stored_rows("spectra", [layer(sigma=sigma)])
    assert (row["point"], bits_of(row["sigma"][LEADING:])) == ("conv1", BITS)
    (row,) = stored_rows("spectra", [layer(sigma=sigma, point="logits")])
    assert (row["sigma"] == sigma.astype(np.float32)).all()
    (row,) = stored_rows("evolution", [layer(sigma=sigma)])
    assert bits_of(row["sigma"][LEADING:]) == BITS
    assert stored_rows("evolution", [layer(sigma=None)])[0]["sigma"] is None
    (row,) = stored_rows("rescaled", [layer(sigma=sigma)])
    assert bits_of(row["sigma"][LEADING:]) == COUNTED
    assert stored_rows("another", [layer(sigma=sigma)])[0]["sigma"] is sigma
    (row,) = stored_rows("alignment", [{"max": 0.7, "matrix": [0.7, 1 / 3]}])
    assert (row["max"], row["matrix"].tolist()) == (0.7, rounded([0.7, 1 / 3], COSINES).tolist())


def test_an_input_is_counted_at_the_cut_of_its_gradient_and_at_its_own():
    sigma = decaying(576, 5.0, 3e3)
    for n, d in ((64, 576), (262_144, 576)):
        for rule in RULES:
            place = np.searchsorted(-sigma, -cut(sigma, n, d, rule))
            sigma[min(place, 575)] = cut(sigma, n, d, rule) * (1 + 1e-12)
    sigma = np.sort(sigma)[::-1]
    (row,) = stored_rows("gradients", [layer(sigma=sigma[:64], sigma_input=sigma)])
    for n, d in ((64, 576), (262_144, 576)):
        assert ranks(row["sigma_input"], n, d) == ranks(sigma, n, d)
    assert ranks(row["sigma"], 64, 576) == ranks(sigma[:64], 64, 576)


def test_a_table_of_spectra_is_small(tmp_path):
    """Seventeen layers of a ResNet-18: 1.3 MB in float64."""
    rows = [{"point": f"layer{i}", "n": 50_000, "d": 10_000} for i in range(17)]
    spectra = [decaying(top=10.0 ** (i % 5), decades=4 + i / 4) for i in range(17)]
    rows = [{**row, "sigma": stored(sigma, [SHAPE])} for row, sigma in zip(rows, spectra, strict=True)]
    writing.write_table(pd.DataFrame(rows), tmp_path / "spectra.parquet")
    assert (tmp_path / "spectra.parquet").stat().st_size < 80_000
    back = pd.read_parquet(tmp_path / "spectra.parquet")["sigma"]
    assert all((a == row["sigma"]).all() for a, row in zip(back, rows, strict=True))


def evidence() -> list[Path]:
    shared = Path(__file__).parents[2] / "results" / "tinyimagenet" / "runs"
    return sorted(shared.rglob("spectra.parquet"))


@pytest.mark.skipif(not evidence(), reason="no runs at the paper's scale here")
def test_counts_of_spectra_at_the_papers_scale_stay():
    for path in evidence():
        table = pd.read_parquet(path)
        for sigma, n, d in zip(table["sigma"], table["n"], table["d"], strict=True):
            assert ranks(stored(sigma, [(n, d)]), n, d) == ranks(sigma, n, d)
