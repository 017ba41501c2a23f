import math

import numpy as np
import pytest
import torch

from unpacking_softmax.measures.spectrum import Moments
from unpacking_softmax.readings import rank


@pytest.mark.parametrize(
    ("rule", "gamma", "count"),
    [("torch", 0.0298, 2), ("1e-8", 0.0025, 3), ("1e-8-absolute", 0.0005, 4), ("1e-3", 0.005, 3)],
)
def test_rules_on_fifty_thousand_samples(rule, gamma, count):
    sigma = [5.0, 0.04, 0.01, 0.001, 0.0]
    assert rank.cut(sigma, 50_000, 5, rule) == pytest.approx(gamma, rel=1e-3)
    assert rank.numerical_rank(sigma, 50_000, 5, rule) == count


def test_only_the_absolute_rule_sees_the_scale():
    sigma = np.logspace(0, -6, 30)
    for rule in rank.RULES:
        same = rank.numerical_rank(100 * sigma, 50_000, 30, rule) == rank.numerical_rank(
            sigma, 50_000, 30, rule
        )
        assert same == (rule != "1e-8-absolute")


@pytest.mark.parametrize("shape", [(60, 20), (20, 60), (40, 40)])
def test_torch_rule_is_matrix_rank_in_float32(shape):
    generator = torch.Generator().manual_seed(0)
    left, right = (torch.randn(size, 12, generator=generator) for size in shape)
    # The cut, 60 or 40 times 1.2e-7, lies between 4^-8 and 4^-9.
    matrix = torch.linalg.qr(left)[0] * 4.0 ** -torch.arange(12) @ torch.linalg.qr(right)[0].T
    sigma = np.linalg.svd(matrix.double().numpy(), compute_uv=False)
    expected = torch.linalg.matrix_rank(matrix).item()
    assert expected == 9
    assert rank.numerical_rank(sigma, *shape, "torch") == expected


@pytest.mark.parametrize("rule", rank.RULES)
def test_numerical_rank_at_its_ends(rule):
    assert rank.numerical_rank([0.0, 0.0], 2, 2, rule) == 0
    assert math.isnan(rank.numerical_rank([math.nan, math.nan], 2, 2, rule))


def test_a_class_centred_rank_is_below_the_number_of_classes_at_the_norms_of_a_hot_run():
    """50,000 logits of 100 classes at a norm of 6.6e5, as after training at T = 200: rounding of the float64
    Gram matrix leaves a last singular value above the cut of Equation 5 as printed, 5e-4."""
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(50_000, 100, generator=generator)
    logits *= 6.6e5 / logits.norm()
    moments = Moments(100, 1)
    moments.update(logits, torch.zeros(50_000, dtype=torch.int64))
    sigma = moments.class_centred_spectrum().numpy()
    assert sigma[-1] > rank.cut(sigma, 50_000, 100, "1e-8-absolute")
    assert rank.numerical_rank(sigma, 50_000, 100, "1e-8-absolute") == 100
    for rule in rank.RULES:
        assert rank.class_centred_rank(sigma, 50_000, 100, rule) == 99


def test_a_class_centred_rank_below_the_bound_is_left_alone():
    assert rank.class_centred_rank([5.0, 1.0, 0.0, 0.0], 100, 4, "torch") == 2
    # Fewer samples than classes: three singular values, all of which count.
    assert rank.class_centred_rank([5.0, 1.0, 0.5], 3, 10, "torch") == 3
