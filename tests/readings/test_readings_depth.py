import math

import pytest

from unpacking_softmax.readings import depth as readings
from unpacking_softmax.readings.depth import ood_drop


def effective_depth(probes, model, *, threshold=0.99, reference="model"):
    """As the paper reads it, unless a test says otherwise."""
    return readings.effective_depth(probes, model, threshold=threshold, reference=reference)


def curve(points, first):
    """Probes of `points` post-ReLU points that reach 0.95 from the 1-based point `first` on."""
    return [0.95 if k >= first else 0.9 for k in range(1, points + 1)]


@pytest.mark.parametrize(
    ("points", "first", "percent_n", "percent_relu"),
    [
        (17, 12, 67, 69),  # Table 1, ResNet-18 on CIFAR-10
        (17, 15, 83, 88),  # Table 1, ResNet-18 on CIFAR-100; Table 7, T = 10
        (33, 23, 68, 69),  # Table 1, ResNet-34 on CIFAR-100
        (33, 24, 71, 72),  # Table 8, ResNet-34, T = 100
        (7, 3, 38, 33),  # Table 1, MLP
        (7, 1, 12, 0),
        (17, 17, 94, 100),
    ],
)
def test_effective_depth_on_both_axes(points, first, percent_n, percent_relu):
    depth = effective_depth(curve(points, first), 0.95)
    assert depth.index == first
    assert depth.reached
    assert round(100 * depth.kappa_n) == percent_n
    assert round(100 * depth.kappa_relu) == percent_relu


def test_logits_stand_in_where_no_probe_reaches_the_bar():
    depth = effective_depth([0.5, 0.6, 0.7], 0.9)
    assert (depth.index, depth.kappa_n, depth.kappa_relu) == (4, 1.0, 1.0)
    assert not depth.reached


def test_first_crossing_counts_in_a_curve_that_falls_again():
    assert effective_depth([0.2, 0.9, 0.5, 0.9], 0.9).index == 2


def test_bar_is_a_share_of_the_reference():
    probes = [0.5, 0.72, 0.79, 0.8]
    assert effective_depth(probes, 0.9).index == 5
    assert effective_depth(probes, 0.9, reference="last-probe").index == 4
    assert effective_depth(probes, 0.8, threshold=0.9).index == 2


def test_a_tie_with_the_bar_survives_rounding():
    probe, model = 2673 / 10_000, 2700 / 10_000
    assert probe < 0.99 * model  # in floating point only
    assert effective_depth([0.1, probe, 0.1], model).index == 2
    assert effective_depth([0.1, 2672 / 10_000, 0.1], model).index == 4


def test_ood_drop_worked_by_hand():
    assert ood_drop([0.5, 0.8, 0.4]) == pytest.approx(0.5)
    assert ood_drop([0.2, 0.4, 0.5]) == 0
    assert ood_drop([0.5, 0.8, 0.4], final=0.2) == pytest.approx(0.75)
    assert ood_drop([0.5, 0.8], final=0.88) == pytest.approx(-0.1)
    assert math.isnan(ood_drop([0.0, 0.0]))
