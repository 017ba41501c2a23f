"""Detection scores against scikit-learn and hand-worked cases, with known signs."""

import math

import numpy as np
import pytest
from scipy.special import expit, softmax
from sklearn.covariance import EmpiricalCovariance
from sklearn.decomposition import PCA
from sklearn.metrics import roc_auc_score, roc_curve
from sklearn.preprocessing import StandardScaler

from unpacking_softmax.measures import detection


@pytest.fixture
def features() -> tuple[np.ndarray, np.ndarray]:
    """Correlated post-ReLU features (300, 24) and (80, 24) float32; one is dead, one constant."""
    rng = np.random.default_rng(0)
    mixing = rng.standard_normal((24, 24))
    both = np.maximum(rng.standard_normal((380, 24)) @ mixing + 1, 0).astype(np.float32)
    both[:, 3], both[:, 4] = 0, 0.1
    return both[:300], both[300:]


def neco(train, test, dim=100, standardise=True):
    return detection.NecoSpace(train, standardise=standardise).scores(test, [dim])[0]


def reference_neco(train, test, dim, standardise):
    """The authors' steps in scikit-learn, float64."""
    train, test = train.astype(np.float64), test.astype(np.float64)
    if standardise:
        scaler = StandardScaler().fit(train)
        train, test = scaler.transform(train), scaler.transform(test)
    reduced = PCA(train.shape[1]).fit(train).transform(test)[:, :dim]
    return np.linalg.norm(reduced, axis=1) / np.linalg.norm(test, axis=1)


@pytest.mark.parametrize("standardise", [True, False])
@pytest.mark.parametrize("dim", [1, 5, 20])
def test_neco_is_the_authors_algorithm(features, dim, standardise):
    expected = reference_neco(*features, dim, standardise)
    score = neco(*features, dim=dim, standardise=standardise)
    np.testing.assert_allclose(score, expected, rtol=1e-9)


def test_neco_for_several_dimensions_at_once(features):
    train, test = features
    sweep = detection.NecoSpace(train).scores(test, [2, 24, 100])
    np.testing.assert_array_equal(sweep[0], neco(train, test, dim=2))
    # Standardised features have mean 0, so that all components hold the whole vector.
    np.testing.assert_allclose(sweep[1:], 1, rtol=1e-6)


def test_neco_dimension_by_share_of_variance():
    """Orthogonal columns of variances 9, 4, 2, 1 (of 16): shares .5625, .8125, .9375, 1."""
    signs = np.array([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]])
    train = np.concatenate([signs, -signs]) * np.sqrt([9.0, 4, 2, 1])
    space = detection.NecoSpace(train, standardise=False)
    np.testing.assert_allclose(space.variances / space.variances.sum(), np.array([9, 4, 2, 1]) / 16)
    assert [space.dimension(share) for share in (0.5, 0.6, 0.8, 0.9, 0.95)] == [1, 2, 2, 3, 4]
    assert detection.NecoSpace(np.zeros((5, 3))).dimension(0.9) is None
    assert detection.NecoSpace(np.full((5, 3), np.nan)).dimension(0.9) is None


def test_neco_ranks_the_id_subspace_above_its_complement():
    rng = np.random.default_rng(2)
    half = rng.standard_normal((500, 10)) * np.array([10.0] * 3 + [0.1] * 7)
    train = np.concatenate([half, -half])  # of mean 0: the PCA's centring moves nothing
    inside, outside = np.eye(10)[:3] * 5, np.eye(10)[3:] * 5
    assert neco(train, inside, dim=3, standardise=False).min() > 0.99
    assert neco(train, outside, dim=3, standardise=False).max() < 0.2


def test_msp_is_the_log_odds_of_the_largest_probability():
    logits = np.random.default_rng(3).standard_normal((50, 7)) * 3
    np.testing.assert_allclose(expit(detection.msp(logits)), softmax(logits, axis=1).max(axis=1))


def test_msp_does_not_saturate_at_large_norms():
    logits = np.array([[1000.0, 0, 0], [2000.0, 0, 0]])
    assert np.all(softmax(logits, axis=1).max(axis=1) == 1)
    np.testing.assert_allclose(detection.msp(logits), [1000 - math.log(2), 2000 - math.log(2)])


def test_max_logit_and_energy_by_hand():
    logits = np.array([[0.0, math.log(3)], [1000, 1000]], dtype=np.float32)
    np.testing.assert_allclose(detection.max_logit(logits), [math.log(3), 1000])
    np.testing.assert_allclose(detection.energy(logits), [math.log(4), 1000 + math.log(2)])


def test_knn_by_hand():
    """Directions at 0, 60, 90 degrees; lengths do not count; chord = 2 sin(angle / 2)."""
    angles = np.radians([0, 60, 90])
    train = np.stack([np.cos(angles), np.sin(angles)], 1) * np.array([[1], [5], [0.1]])
    test = np.array([[3.0, 0]])
    np.testing.assert_allclose(detection.knn(train, test, k=2), [-1])
    np.testing.assert_allclose(detection.knn(train, test, k=3), [-math.sqrt(2)])


def reference_vim(train, test, train_logits, test_logits, weight, bias, dim):
    """Wang et al.'s steps with scikit-learn's covariance, and logsumexp written out."""
    origin = -np.linalg.pinv(weight) @ bias
    fit = EmpiricalCovariance(assume_centered=True).fit(train - origin)
    values, vectors = np.linalg.eigh(fit.covariance_)
    minor = vectors[:, np.argsort(values)[::-1][dim:]]
    virtual = np.linalg.norm((train - origin) @ minor, axis=1)
    alpha = train_logits.max(1).mean() / virtual.mean()
    energy = np.log(np.exp(test_logits).sum(1))
    return energy - alpha * np.linalg.norm((test - origin) @ minor, axis=1)


def test_vim_is_the_authors_algorithm(features):
    train, test = features
    rng = np.random.default_rng(4)
    weight, bias = rng.standard_normal((5, 24)) / 5, rng.standard_normal(5)
    logits = train @ weight.T + bias, test @ weight.T + bias
    expected = reference_vim(train, test, *logits, weight, bias, 12)
    np.testing.assert_allclose(detection.vim(train, test, *logits, weight, bias), expected)
    expected = reference_vim(train, test, *logits, weight, bias, 4)
    np.testing.assert_allclose(detection.vim(train, test, *logits, weight, bias, dim=4), expected)


SCORES = [
    (np.array([3.0, 2, 1]), np.array([0.0, -1]), 1.0),
    (np.array([0.0, -1]), np.array([3.0, 2, 1]), 0.0),
    (np.array([1.0, 3]), np.array([2.0]), 0.5),
    (np.array([1.0, 1]), np.array([1.0, 0]), 0.75),
]


@pytest.mark.parametrize(("inside", "outside", "expected"), SCORES)
def test_auroc_by_hand(inside, outside, expected):
    assert detection.auroc(inside, outside) == expected


def test_auroc_with_ties_is_scikit_learns():
    rng = np.random.default_rng(5)
    inside, outside = rng.integers(0, 20, 300) + 3, rng.integers(0, 20, 200)
    labels = np.r_[np.ones(300), np.zeros(200)]
    expected = roc_auc_score(labels, np.r_[inside, outside])
    assert detection.auroc(inside, outside) == pytest.approx(expected)


def test_fpr95_by_hand():
    """19 of the ID scores 1..20 are at least 2; 19 of the OOD scores 0.5..19.5 at most 18.5."""
    inside, outside = np.arange(1.0, 21), np.arange(20) + 0.5
    assert detection.fpr95(inside, outside) == 18 / 20  # OOD scores 2.5 ... 19.5
    assert detection.fpr95_openood(inside, outside) == 18 / 20  # ID scores 1 ... 18
    # A score equal to the threshold counts as beyond it, for either class.
    assert detection.fpr95(inside, np.full(5, 2.0)) == 1
    assert detection.fpr95_openood(np.full(5, 18.5), outside) == 1


def test_fpr95_conventions_differ():
    """Each sees only the hard tail of its own positive class."""
    inside, outside = np.arange(1.0, 21), np.arange(20) + 0.5
    inside[10:] = 50.0
    assert detection.fpr95(inside, outside) == 18 / 20
    assert detection.fpr95_openood(inside, outside) == 10 / 20
    assert detection.fpr95(np.arange(1.0, 21), np.full(7, 15.0)) == 1.0
    assert detection.fpr95_openood(np.arange(1.0, 21), np.full(7, 15.0)) == 15 / 20


@pytest.mark.parametrize("sizes", [(1000, 700), (333, 41), (100, 100)])
def test_fpr95_is_read_off_the_roc_curve(sizes):
    rng = np.random.default_rng(6)
    inside, outside = rng.standard_normal(sizes[0]) + 1, rng.standard_normal(sizes[1])
    is_id = np.r_[np.ones(len(inside)), np.zeros(len(outside))]
    scores = np.r_[inside, outside]
    fpr, tpr, _ = roc_curve(is_id, scores, drop_intermediate=False)
    recalled = math.floor(0.95 * len(inside)) / len(inside)
    assert detection.fpr95(inside, outside) == pytest.approx(fpr[np.argmax(tpr >= recalled)])
    fpr, tpr, _ = roc_curve(1 - is_id, -scores)
    assert detection.fpr95_openood(inside, outside) == pytest.approx(fpr[np.argmax(tpr >= 0.95)])


def test_diverged_run_gives_nan(features):
    train, test = features
    broken = train.copy()
    broken[7, 2] = np.inf
    for scores in (
        neco(broken, test),
        detection.knn(broken, test, k=2),
        detection.vim(broken, test, train, test, np.eye(24), np.zeros(24)),
        detection.energy(np.full((80, 3), np.nan)),
        detection.msp(np.full((80, 3), np.nan)),
    ):
        assert scores.shape == (80,)
        assert np.isnan(scores).all()
        for metric in (detection.auroc, detection.fpr95, detection.fpr95_openood):
            assert math.isnan(metric(scores, np.ones(5)))
            assert math.isnan(metric(np.ones(5), scores))


def plain_knn(train, test, k):
    """By all distances in float64, from differences."""
    train, test = (x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-300) for x in (train, test))
    distances = np.linalg.norm(test[:, None].astype(np.float64) - train[None], axis=2)
    return -np.sort(distances, axis=1)[:, k - 1]


@pytest.mark.parametrize("n", [50, 51, 799, 800, 1700], ids=lambda n: f"{n} in training")
@pytest.mark.parametrize("spread", [1.0, 1e-3, 1e-7, 0.0], ids=lambda s: f"spread {s}")
def test_the_kth_neighbour_is_exact_where_float32_cannot_tell_them_apart(n, spread):
    """Classes that collapse to a point, features equal to one another, and features without a direction."""
    rng = np.random.default_rng(n)
    means = rng.standard_normal((7, 24)).clip(0)
    train = means[np.arange(n) % 7] + spread * rng.standard_normal((n, 24))
    test = np.concatenate([means + spread * rng.standard_normal((7, 24)), rng.standard_normal((6, 24))])
    train[3], train[20], test[4] = 0, train[21], 0
    for threads in (1, 3, 20):
        found = detection.knn(train, test, 50, threads)
        np.testing.assert_allclose(found, plain_knn(train, test, 50), rtol=1e-12, atol=1e-13)
