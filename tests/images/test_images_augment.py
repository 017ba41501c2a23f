import pytest
import torch
from torchvision.transforms import functional as reference

from unpacking_softmax.artefacts.errors import StudyError
from unpacking_softmax.images.augment import crop_flip, epoch_plan, normalise, pad


@pytest.mark.parametrize("padding", [0, 1, 4])
def test_crop_flip_matches_torchvision_image_by_image(padding):
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(256, (40, 3, 8, 8), generator=generator, dtype=torch.uint8)
    plan = epoch_plan(40, 10, padding, True, seed=3, epoch=5)
    padded = pad(images, padding)
    for rows, shift, flip in zip(plan.rows, plan.shift, plan.flip, strict=True):
        batch = crop_flip(padded, rows, shift, flip, 8)
        for image, row, (top, left), mirrored in zip(batch, rows, shift, flip, strict=True):
            expected = reference.pad(images[row], padding)
            expected = reference.crop(expected, int(top), int(left), 8, 8)
            expected = reference.hflip(expected) if mirrored else expected
            assert torch.equal(image, expected)


def test_crop_of_a_counted_image_by_hand():
    image = torch.arange(9, dtype=torch.uint8).view(1, 1, 3, 3).expand(1, 3, 3, 3)
    batch = crop_flip(
        pad(image, 1),
        torch.tensor([0, 0]),
        torch.tensor([[0, 2], [0, 2]]),  # one up, one to the right
        torch.tensor([False, True]),
        3,
    )
    assert batch[0, 0].tolist() == [[0, 0, 0], [1, 2, 0], [4, 5, 0]]
    assert batch[1, 2].tolist() == [[0, 0, 0], [0, 2, 1], [0, 5, 4]]


def test_normalise_matches_torchvision():
    images = torch.arange(2 * 3 * 16, dtype=torch.uint8).view(2, 3, 4, 4)
    mean, std = (0.1, 0.5, 0.9), (0.2, 1.0, 3.0)
    result = normalise(images, torch.tensor(mean), torch.tensor(std))
    expected = reference.normalize(images.double() / 255, mean, std)
    assert result.dtype == torch.float32
    torch.testing.assert_close(result.double(), expected, rtol=1e-6, atol=1e-6)


def test_plan_is_an_epoch_without_repeats_and_drops_the_rest():
    plan = epoch_plan(103, 10, 2, True, seed=0, epoch=0)
    assert plan.rows.shape == plan.flip.shape == (10, 10)
    assert len(plan.rows.unique()) == 100
    assert plan.rows.max() < 103
    assert sorted(plan.shift.unique().tolist()) == [0, 1, 2, 3, 4]
    assert plan.shift.shape == (10, 10, 2)


def test_plan_depends_on_seed_and_epoch_alone():
    plan = epoch_plan(1000, 10, 2, True, seed=1, epoch=2)
    torch.randn(7)  # the global generator does not matter
    again = epoch_plan(1000, 10, 2, True, seed=1, epoch=2)
    assert torch.equal(plan.rows, again.rows)
    assert torch.equal(plan.shift, again.shift)
    assert torch.equal(plan.flip, again.flip)
    # (2, 1) and (0, 3) have the same sum, (1, 3) is the next epoch.
    for seed, epoch in ((2, 1), (0, 3), (1, 3), (2, 2)):
        assert not torch.equal(plan.rows, epoch_plan(1000, 10, 2, True, seed, epoch).rows)


def test_augmentation_does_not_alter_the_order():
    plain = epoch_plan(100, 10, 0, False, seed=0, epoch=0)
    assert torch.equal(plain.rows, epoch_plan(100, 10, 4, True, seed=0, epoch=0).rows)
    assert not plain.shift.any()
    assert not plain.flip.any()


def test_shifts_and_flips_are_uniform():
    plan = epoch_plan(100_000, 100, 4, True, seed=0, epoch=0)
    counts = torch.bincount(plan.shift.flatten(), minlength=9).double()
    # Chi-square with 8 degrees of freedom: above 26.1 once in a thousand.
    assert ((counts - 200_000 / 9) ** 2 / (200_000 / 9)).sum() < 26.1
    assert plan.flip.double().mean().item() == pytest.approx(0.5, abs=4 * 0.5 / 100_000**0.5)


def test_batch_larger_than_the_data_is_refused():
    with pytest.raises(StudyError, match="batch 64 exceeds the 63 training images"):
        epoch_plan(63, 64, 0, False, seed=0, epoch=0)


@pytest.mark.gpu
def test_capture_in_a_cuda_graph():
    images = torch.randint(256, (40, 3, 8, 8), dtype=torch.uint8)
    plan = epoch_plan(40, 10, 2, True, seed=0, epoch=0)
    padded = pad(images, 2)
    inputs = [t[0].cuda() for t in (plan.rows, plan.shift, plan.flip)]
    on_device, moments = padded.cuda(), torch.full((3,), 0.5, device="cuda")
    normalise(crop_flip(on_device, *inputs, 8), moments, moments)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        batch = normalise(crop_flip(on_device, *inputs, 8), moments, moments)
    for step in range(4):
        drawn = [plan.rows[step], plan.shift[step], plan.flip[step]]
        for static, new in zip(inputs, drawn, strict=True):
            static.copy_(new)
        graph.replay()
        half = torch.full((3,), 0.5)
        expected = normalise(crop_flip(padded, *drawn, 8), half, half)
        torch.testing.assert_close(batch.cpu(), expected)
