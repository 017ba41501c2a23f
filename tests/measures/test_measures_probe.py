from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from torch import nn
from torch.nn import functional as F

from table_5 import TABLE_5
from unpacking_softmax.artefacts.errors import DataError
from unpacking_softmax.measures import probe

CLASSES = 4
SHORT = replace(TABLE_5, epochs=6, batch=64, learning_rate=0.01)


def gaussians(n, d, spread, seed):
    """n samples of CLASSES Gaussians around fixed centres."""
    centres = torch.randn(CLASSES, d, generator=torch.Generator().manual_seed(d))
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(n) % CLASSES
    return centres[labels] + spread * torch.randn(n, d, generator=generator), labels


@pytest.fixture
def network():
    """Train and test features of four points, three of them equally wide."""
    widths = {"relu1": 12, "relu2": 12, "relu3": 5, "relu4": 12}
    train, test = {}, {}
    for seed, (point, d) in enumerate(widths.items()):
        train[point], labels = gaussians(200, d, 1.0, seed)
        test[point], test_labels = gaussians(80, d, 1.0, 100 + seed)
    return train, labels, test, test_labels


def fit(network, settings=SHORT, seed=0, points=None):
    train, labels, test, test_labels = network
    points = points or list(train)
    train, test = ({p: features[p] for p in points} for features in (train, test))
    return only(fit_seeds((train, labels, test, test_labels), settings, [seed]))


def fit_seeds(network, settings, seeds):
    return probe.fit_probes(*network, classes=CLASSES, settings=settings, seeds=seeds)


def only(results):
    """The results of the one probe seed that there is."""
    return {point: by_seed[0] for point, by_seed in results.items() if len(by_seed) == 1}


def plain_loop(x, labels, start, settings, seed):
    """The same head as a module under torch's own optimiser."""
    head = nn.Linear(x.shape[1], CLASSES)
    with torch.no_grad():
        head.weight.copy_(start[0])
        head.bias.copy_(start[1])
    adam = torch.optim.Adam(head.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay)
    for rows in probe.batches(len(x), settings, seed):
        adam.zero_grad()
        F.cross_entropy(head(x[rows]), labels[rows]).backward()
        adam.step()
    return head


def test_adam_is_torchs_adam():
    generator = torch.Generator().manual_seed(0)
    ours = torch.randn(3, 5, generator=generator, dtype=torch.float64)
    theirs = ours.clone().requires_grad_()
    adam = probe.Adam([ours], lr=0.01, weight_decay=0.1)
    reference = torch.optim.Adam([theirs], lr=0.01, weight_decay=0.1)
    for _ in range(50):
        gradient = torch.randn(3, 5, generator=generator, dtype=torch.float64)
        theirs.grad = gradient.clone()
        adam.step([gradient])
        reference.step()
    torch.testing.assert_close(ours, theirs.detach(), rtol=1e-12, atol=1e-12)


def test_initial_head_is_that_of_a_linear_layer():
    weight, bias = probe.initial_head(30, CLASSES, 1, "relu1")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(probe._generator(1, "relu1").initial_seed())
        linear = nn.Linear(30, CLASSES)
    torch.testing.assert_close(weight, linear.weight.detach())
    torch.testing.assert_close(bias, linear.bias.detach())
    assert not torch.equal(weight, probe.initial_head(30, CLASSES, 1, "relu2")[0])
    assert not torch.equal(weight, probe.initial_head(30, CLASSES, 2, "relu1")[0])


def test_batches_cover_each_epoch_once():
    steps = list(probe.batches(10, replace(TABLE_5, epochs=2, batch=4), seed=0))
    assert [len(rows) for rows in steps] == [4, 4, 2, 4, 4, 2]
    assert torch.cat(steps[:3]).sort().values.tolist() == list(range(10))
    assert torch.cat(steps[3:]).sort().values.tolist() == list(range(10))
    assert not torch.equal(steps[0], steps[3])


def test_steps_take_the_place_of_epochs():
    settings = replace(TABLE_5, epochs=99, steps=4, batch=4)
    assert [len(rows) for rows in probe.batches(10, settings, seed=0)] == [4, 4, 2, 4]


@pytest.mark.parametrize("standardise", [False, True])
def test_stacked_heads_follow_a_plain_loop(network, standardise):
    train, labels, *_ = network
    settings = replace(TABLE_5, epochs=6, batch=64, learning_rate=0.01, standardise=standardise)
    points = ["relu1", "relu2", "relu4"]
    start = [[probe.initial_head(12, CLASSES, seed, point) for seed in (0, 1)] for point in points]
    heads = probe.fit_heads([train[p] for p in points], labels, start, settings, seed=0)
    for index, point in enumerate(points):
        x = train[point]
        if standardise:
            x = (x - x.mean(0)) / x.std(0, correction=0)
        for seed, own in enumerate(start[index]):
            head, rows = (
                plain_loop(x, labels, own, settings, seed=0),
                slice(CLASSES * seed, CLASSES * (seed + 1)),
            )
            torch.testing.assert_close(heads.weight[index, rows], head.weight.detach(), rtol=0, atol=1e-5)
            torch.testing.assert_close(heads.bias[index, rows], head.bias.detach(), rtol=0, atol=1e-5)


def test_scores_are_those_of_a_plain_loop(network):
    train, labels, test, test_labels = network
    start = probe.initial_head(5, CLASSES, 7, "relu3")
    head = plain_loop(train["relu3"], labels, start, SHORT, seed=7)
    result = fit(network, seed=7)["relu3"]
    logits, test_logits = head(train["relu3"]), head(test["relu3"])
    right = (logits.argmax(1) == labels).double().mean().item()
    test_right = (test_logits.argmax(1) == test_labels).double().mean().item()
    assert result.train_accuracy == pytest.approx(right, abs=1e-12)
    assert result.accuracy == pytest.approx(test_right, abs=1e-12)
    assert result.loss == pytest.approx(F.cross_entropy(logits, labels).item(), abs=1e-5)


def test_results_do_not_depend_on_the_grouping(network):
    together = fit(network)
    assert list(together) == list(network[0])
    for point in network[0]:
        alone = fit(network, points=[point])[point]
        assert together[point].accuracy == alone.accuracy
        assert together[point].loss == pytest.approx(alone.loss, abs=1e-6)


def test_probe_seeds_train_beside_each_other(network):
    """The first seed's probes are those that it trains alone; another's start elsewhere, on its batches."""
    together, alone = fit_seeds(network, SHORT, [4, 5]), fit(network, seed=4)
    train, labels, test, test_labels = network
    for point, (first, second) in together.items():
        assert first.accuracy == alone[point].accuracy
        assert first.loss == pytest.approx(alone[point].loss, abs=1e-6)
        start = probe.initial_head(train[point].shape[1], CLASSES, 5, point)
        head = plain_loop(train[point], labels, start, SHORT, seed=4)
        assert second.loss == pytest.approx(F.cross_entropy(head(train[point]), labels).item(), abs=1e-5)
        assert second.accuracy == (head(test[point]).argmax(1) == test_labels).double().mean().item()


def one_head_a_point(train, labels, settings, seed):
    """Accuracies and losses on the training samples of points of one width: the sums of the version
    that trained one probe seed, in their order."""
    points = list(train)
    start = [probe.initial_head(train[p].shape[1], CLASSES, seed, p) for p in points]
    weight, bias = (torch.stack(parts) for parts in zip(*start, strict=True))
    adam = probe.Adam([weight, bias], settings.learning_rate, settings.weight_decay)

    def logits(x):
        return torch.bmm(x, weight.transpose(1, 2)).add_(bias[:, None])

    with torch.no_grad():
        for rows in probe.batches(len(labels), settings, seed):
            x = torch.stack([train[p][rows] for p in points])
            error = torch.softmax(logits(x), dim=2)
            error[:, torch.arange(len(rows)), labels[rows]] -= 1
            error /= len(rows)
            adam.step((torch.bmm(error.transpose(1, 2), x), error.sum(1)))
        found = logits(torch.stack([train[p] for p in points]))
    truth = labels.expand(len(points), -1)
    loss = F.cross_entropy(found.transpose(1, 2), truth, reduction="none").sum(1).double()
    right = (found.argmax(2) == labels).sum(1) / len(labels)
    return dict(zip(points, zip(right.tolist(), (loss / len(labels)).tolist(), strict=True), strict=True))


def test_one_probe_seed_gives_the_numbers_of_before_to_the_bit(network):
    train, labels, test, test_labels = network
    settings = replace(TABLE_5, epochs=6, batch=200, learning_rate=0.01)
    train = {p: train[p] for p in ("relu1", "relu2", "relu4")}
    test = {p: test[p] for p in train}
    expected = one_head_a_point(train, labels, settings, 3)
    for point, result in fit((train, labels, test, test_labels), settings, seed=3).items():
        assert result.loss == expected[point][1]
        assert result.train_accuracy == pytest.approx(expected[point][0], abs=1e-7)


def test_working_bytes_are_those_of_the_tensors():
    """Width 6, 4 classes, 3 seeds, batches of 10 in bfloat16: 72 weights five times and 120 logits three
    times in float32, 60 features of 2 bytes."""
    settings = replace(TABLE_5, batch=10)
    assert probe.working_bytes(6, 4, 3, settings, 2) == 5 * 4 * 72 + 3 * 4 * 120 + 2 * 60


def test_seed_changes_the_result(network):
    assert fit(network, seed=0)["relu1"].loss != fit(network, seed=1)["relu1"].loss


def test_converged_probe_is_sklearns_logistic_regression():
    x, labels = gaussians(400, 6, 2.0, seed=0)
    test, test_labels = gaussians(1000, 6, 2.0, seed=1)
    decay = 0.01
    settings = replace(TABLE_5, steps=2000, batch=400, learning_rate=0.01, weight_decay=decay)
    result = fit(({"p": x}, labels, {"p": test}, test_labels), settings)["p"]
    # sklearn minimises C * (sum of losses) + ||w||^2 / 2 and leaves an intercept unpenalised;
    # ours is penalised, so that it is the weight of a constant feature.
    x, test = (np.c_[part.numpy(), np.ones(len(part))] for part in (x, test))
    model = LogisticRegression(C=1 / (400 * decay), fit_intercept=False, tol=1e-8, max_iter=1000)
    model.fit(x, labels.numpy())
    assert 0.5 < model.score(test, test_labels.numpy()) < 0.9
    assert result.loss == pytest.approx(log_loss(labels.numpy(), model.predict_proba(x)), abs=1e-4)
    assert result.accuracy == pytest.approx(model.score(test, test_labels.numpy()), abs=0.002)


def test_separable_classes_are_separated():
    x, labels = gaussians(400, 20, 0.1, seed=0)
    test, test_labels = gaussians(200, 20, 0.1, seed=1)
    result = fit(({"p": x}, labels, {"p": test}, test_labels))["p"]
    assert (result.accuracy, result.train_accuracy) == (1.0, 1.0)


def test_bfloat16_features_are_computed_in_float32(network):
    train, labels, test, test_labels = network
    halves = [{p: x.bfloat16() for p, x in part.items()} for part in (train, test)]
    widened = [{p: x.float() for p, x in part.items()} for part in halves]
    stored = fit((halves[0], labels, halves[1], test_labels))
    assert stored == fit((widened[0], labels, widened[1], test_labels))


def test_constant_features_survive_standardisation(network):
    train, labels, test, test_labels = network
    for part in (train, test):
        part["relu3"][:, 0] = 5.0
    result = fit((train, labels, test, test_labels), replace(TABLE_5, steps=5, standardise=True))
    assert np.isfinite(result["relu3"].loss)


def test_precision_of_matrix_products_is_put_back(network):
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("high")
    try:
        fit(network, points=["relu3"])
        assert torch.get_float32_matmul_precision() == "high"
    finally:
        torch.set_float32_matmul_precision(before)


def test_too_few_samples_are_refused(network):
    train, labels, test, test_labels = network
    with pytest.raises(DataError, match=r"class 3 \(1 of 4 classes\)"):
        fit((train, labels.clamp(max=2), test, test_labels))
    with pytest.raises(DataError, match="need test images"):
        fit((train, labels, {p: x[:0] for p, x in test.items()}, test_labels[:0]))


@pytest.mark.gpu
def test_gpu_agrees_with_cpu(network):
    train, labels, test, test_labels = network
    on_gpu = [{p: x.cuda() for p, x in part.items()} for part in (train, test)]
    gpu = fit((on_gpu[0], labels.cuda(), on_gpu[1], test_labels.cuda()))
    for point, result in fit(network).items():
        assert gpu[point].loss == pytest.approx(result.loss, abs=1e-5)
        assert gpu[point].accuracy == pytest.approx(result.accuracy, abs=0.02)


@pytest.mark.gpu
def test_bfloat16_on_a_gpu_is_within_noise_of_a_plain_float32_probe():
    """20,000 noisy samples, 300 features, default settings but 10 epochs: accuracies within 1 point.

    The s.d. of an accuracy over 5,000 test samples is 0.6 points; losses are closer than that.
    """
    train, labels = gaussians(20_000, 300, 12.0, 0)
    test, test_labels = gaussians(5_000, 300, 12.0, 1)
    settings = replace(TABLE_5, epochs=10)
    plain = plain_loop(train, labels, probe.initial_head(300, CLASSES, 0, "relu"), settings, 0)
    logits = plain(test).detach()
    accuracy = (logits.argmax(1) == test_labels).double().mean().item()
    on_gpu = [{"relu": x.cuda().bfloat16()} for x in (train, test)]
    result = fit((on_gpu[0], labels.cuda(), on_gpu[1], test_labels.cuda()), settings)["relu"]
    assert 0.5 < accuracy < 0.99
    assert result.accuracy == pytest.approx(accuracy, abs=0.01)
    assert result.loss == pytest.approx(F.cross_entropy(plain(train), labels).item(), abs=0.01)
