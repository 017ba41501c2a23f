"""From which accuracy on a run has trained."""

import pytest
import torch

from unpacking_softmax.training.outcome import accuracy_needed, largest_share, status


def labels(*sizes: int) -> torch.Tensor:
    """Labels of classes of these sizes."""
    return torch.repeat_interleave(torch.tensor(sizes))


@pytest.mark.parametrize("classes", [3, 4, 7, 10, 30, 100, 200, 997, 1000])
def test_classes_of_one_size_need_exactly_twice_chance(classes):
    assert accuracy_needed(labels(*[13] * classes)) == 2 / classes


def test_two_classes_of_one_size_need_three_quarters():
    assert accuracy_needed(labels(5, 5)) == 0.75


@pytest.mark.parametrize(
    ("sizes", "needed"),
    [
        ((200, 2), 201 / 202),  # halfway from 200/202 to 1
        ((80, 20), 0.9),
        ((60, 20, 20), 0.8),
        ((20, 40, 40, 0), 0.7),  # which class is the largest, or missing, does not matter
        ((30, 10, 10, 10, 10, 10, 10, 10), 0.6),  # 0.3 of the images: twice that
        ((19, *[9] * 9), 2 * 19 / 100),  # SVHN's shares, nearly
    ],
)
def test_the_largest_class_sets_what_is_needed(sizes, needed):
    assert accuracy_needed(labels(*sizes)) == pytest.approx(needed, abs=1e-15)


@pytest.mark.parametrize("sizes", [(200, 2), (5, 5), (34, 33, 33), (50, 30, 20), (99, *[1] * 50), (10,) * 10])
def test_who_names_the_largest_class_alone_has_not_trained_and_who_knows_all_has(sizes):
    share = largest_share(labels(*sizes))
    assert share == max(sizes) / sum(sizes)
    assert status(share, labels(*sizes)) == "failed_to_train"
    assert status(1.0, labels(*sizes)) == "trained"
