import numpy as np
import pytest
import torch

from unpacking_softmax.images import scene as module
from unpacking_softmax.images.scene import Scene, render

STILL = Scene(rotation=0, shift=0, scale=(1, 1), shear=0, clutter=0, noise=0, colour=0)


def square(side: int = 48, margin: int = 12) -> torch.Tensor:
    mask = torch.zeros(1, side, side, dtype=torch.uint8)
    mask[:, margin : side - margin, margin : side - margin] = 255
    return mask


def draw(masks, scene, n=1, size=16, seed=0):
    return render(masks, np.zeros(n, dtype=int), size, np.random.default_rng(seed), scene)


def test_nothing_random_leaves_the_reduced_mask():
    # 48 -> 16 pixels: the square's 12-pixel margin becomes 4 pixels, on pixel boundaries.
    expected = torch.zeros(16, 16, dtype=torch.uint8)
    expected[4:12, 4:12] = 255
    assert torch.equal(draw(square(), STILL), expected.expand(1, 3, 16, 16))


def test_scale_acts_on_the_area():
    whole = draw(square(), STILL).double().sum()
    half = draw(square(), Scene(**{**vars(STILL), "scale": (0.5, 0.5)})).double().sum()
    assert (half / whole).item() == pytest.approx(0.25, rel=0.02)


def test_rotation_by_its_second_moments():
    # A bar turned by an angle a has covariance angle tan(2a) = 2 cxy / (cxx - cyy).
    bar = torch.zeros(1, 48, 48, dtype=torch.uint8)
    bar[:, 21:27, 8:40] = 255
    images = draw(bar, Scene(**{**vars(STILL), "rotation": 20}), n=200, size=48)[:, 0].double()
    y, x = torch.meshgrid(torch.arange(48) - 23.5, torch.arange(48) - 23.5, indexing="ij")
    cxx, cyy, cxy = ((images * m).sum((1, 2)) for m in (x * x, y * y, x * y))
    angles = torch.rad2deg(torch.atan2(2 * cxy, cxx - cyy) / 2)
    assert angles.abs().max() < 20.2
    assert angles.min() < -18
    assert angles.max() > 18


def test_shift_range():
    images = draw(square(), Scene(**{**vars(STILL), "shift": 0.15}), n=300, size=48)[:, 0].double()
    mass = images.sum((1, 2))
    for axis in (1, 2):
        centre = (images.sum(axis) * torch.arange(48)).sum(1) / mass - 23.5
        assert centre.abs().max() <= 0.15 * 48 + 0.05
        assert centre.abs().max() > 0.14 * 48
        # Uniform on [-7.2, 7.2]: standard deviation 7.2 / sqrt 3; four standard errors.
        assert centre.mean().abs() < 4 * 7.2 / 3**0.5 / 300**0.5


def test_colours_are_light_on_dark():
    images = draw(square(), Scene(**{**vars(STILL), "colour": 0.5}), n=400).double() / 255
    ground, shape = images[:, :, 0, 0], images[:, :, 8, 8]
    assert ground.max() <= 0.502
    assert shape.min() >= 0.498
    # Uniform on [0, 1/2]: mean 1/4, standard deviation 1/(4 sqrt 3); four standard errors.
    error = 4 / (4 * 3**0.5) / 1200**0.5
    assert ground.mean().item() == pytest.approx(0.25, abs=error)
    assert shape.mean().item() == pytest.approx(0.75, abs=error)


def test_noise_has_its_standard_deviation():
    grey = Scene(**{**vars(STILL), "noise": 0.06})
    images = draw(square(margin=0), grey, n=200)[:, 0, 8, 8].double() / 255
    # White clipped at 1: E[1 - x] of a half normal is 0.06 / sqrt(2 pi).
    assert (1 - images).mean().item() == pytest.approx(0.06 / (2 * np.pi) ** 0.5, rel=0.25)


# Half a neighbour's width is 18/48 = 0.375, so it shows if it is less than 0.875 off centre: three
# quarters of the range from 0.65 to 0.95.
@pytest.mark.parametrize(("clutter", "share"), [(0, 0), (0.4, 0.3), (1, 0.75)])
def test_clutter_reaches_in_from_both_edges(clutter, share):
    images = draw(square(margin=6), Scene(**{**vars(STILL), "clutter": clutter}), n=400)
    for edge in (images[:, :, :, 0], images[:, :, :, -1]):
        lit = (edge > 0).flatten(1).any(1).double().mean().item()
        assert lit == pytest.approx(share, abs=0.09)  # four standard errors


def test_chunks_bound_memory_alone(monkeypatch):
    still = draw(square(), STILL, n=7)
    monkeypatch.setattr(module, "CHUNK", 3)
    assert torch.equal(draw(square(), STILL, n=7), still)


def test_threads_do_not_alter_a_byte():
    before = torch.get_num_threads()
    try:
        images = []
        for threads in (1, 2):
            torch.set_num_threads(threads)
            images.append(draw(square(), Scene(), n=600))
    finally:
        torch.set_num_threads(before)
    assert torch.equal(*images)
