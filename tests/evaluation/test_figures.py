from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import (
    average_precision_score,
    log_loss,
    precision_recall_fscore_support,
    roc_auc_score,
    roc_curve,
)

from catordog.errors import DatasetError
from catordog.evaluation.bootstrap import draw_counts, estimate, percentile_interval
from catordog.evaluation.curves import (
    average_precision,
    trace_precision_recall,
    trace_roc,
)
from catordog.evaluation.figures import Figures, measure_results
from catordog.metrics import roc_auc, weighted_auc
from tests.evaluation.invented import CAT, DOG, draw_results, invent_results


def test_figures_agree_with_scikit_learn() -> None:
    results = draw_results(400)
    figures = measure_results(results)
    p_dog, is_dog = results.probabilities[:, 1], results.classes == 1
    assert figures.auc.value == pytest.approx(roc_auc_score(is_dog, p_dog))
    assert figures.log_loss.value == pytest.approx(log_loss(is_dog, p_dog))
    assert figures.metrics.log_loss == pytest.approx(figures.log_loss.value)
    precision, recall, f1, support = precision_recall_fscore_support(is_dog, p_dog > 0.5)
    for place, label in enumerate((CAT, DOG)):
        of_class = figures.classes[label]
        assert of_class.photos == support[place]
        assert of_class.precision.value == pytest.approx(precision[place])
        assert of_class.recall.value == pytest.approx(recall[place])
        assert of_class.f1.value == pytest.approx(f1[place])


def test_every_figure_lies_within_its_interval() -> None:
    figures = measure_results(draw_results(300))
    of_classes = [getattr(c, n) for c in figures.classes.values() for n in ("precision", "f1")]
    for one in (figures.accuracy, figures.log_loss, figures.auc, *of_classes):
        assert one.low < one.value < one.high
    assert figures.accuracy.value == pytest.approx(figures.metrics.accuracy)


def test_same_seed_gives_same_intervals_and_another_seed_others() -> None:
    results = draw_results(100)
    first, again, other = (measure_results(results, seed=seed) for seed in (3, 3, 4))
    assert first.auc == again.auc
    assert first.auc.value == other.auc.value
    assert (first.auc.low, first.auc.high) != (other.auc.low, other.auc.high)


def test_confusion_counts_every_pair() -> None:
    figures = measure_results(invent_results([CAT, CAT, DOG], [0.1, 0.8, 0.9]))
    assert figures.confusion == {(CAT, CAT): 1, (CAT, DOG): 1, (DOG, CAT): 0, (DOG, DOG): 1}


@pytest.mark.parametrize("label", [CAT, DOG])
def test_one_class_alone_has_no_auc(label: str) -> None:
    figures = measure_results(invent_results([CAT if label == CAT else DOG] * 4, [0.1] * 4))
    assert math.isnan(figures.auc.value)
    fields = figures.as_json()
    assert (fields["auc"], fields["auc_low"]) == (None, None)
    assert fields["accuracy"] == (1.0 if label == CAT else 0.0)


def test_one_photo_can_be_measured() -> None:
    figures = measure_results(invent_results([CAT], [0.2]))
    assert (figures.metrics.photos, figures.metrics.errors) == (1, 0)
    assert figures.classes[DOG].photos == 0
    assert math.isnan(figures.classes[DOG].recall.value)


def test_no_answer_at_all_is_refused() -> None:
    with pytest.raises(DatasetError, match="none can be decoded"):
        measure_results(invent_results([], []))


def test_fields_of_metrics_come_first_and_unchanged() -> None:
    figures: Figures = measure_results(draw_results(50))
    assert list(figures.as_json())[:8] == [
        *("photos", "errors", "accuracy", "accuracy_low", "accuracy_high"),
        *("log_loss", "log_loss_low", "log_loss_high"),
    ]


def test_curves_agree_with_scikit_learn() -> None:
    results = draw_results(250, seed=5)
    p_dog, is_dog = results.probabilities[:, 1], results.classes == 1
    curve = trace_roc(p_dog, is_dog)
    alarms, found, _ = roc_curve(is_dog, p_dog, drop_intermediate=False)
    assert curve is not None
    np.testing.assert_allclose((curve.across, curve.up), (alarms, found))
    precise = trace_precision_recall(p_dog, is_dog)
    assert precise is not None
    assert average_precision(precise) == pytest.approx(average_precision_score(is_dog, p_dog))


def test_curves_of_one_class_are_none() -> None:
    p, cats = np.array([0.2, 0.4]), np.array([False, False])
    assert trace_roc(p, cats) is None
    assert trace_roc(p, ~cats) is None
    assert trace_precision_recall(p, cats) is None
    assert trace_roc(np.zeros(0), np.zeros(0, bool)) is None
    assert math.isnan(roc_auc(p, cats))


def test_weighted_auc_is_that_of_the_photos_repeated() -> None:
    results = draw_results(40, seed=2)
    p_dog, is_dog = results.probabilities[:, 1], results.classes == 1
    counts = next(draw_counts(40, resamples=5, seed=1))
    repeated = [
        roc_auc_score(np.repeat(is_dog, row), np.repeat(p_dog, row)) for row in counts.astype(int)
    ]
    np.testing.assert_allclose(weighted_auc(p_dog, is_dog, counts), repeated)


def test_draws_take_as_many_photos_as_there_are() -> None:
    blocks = list(draw_counts(2_000_000, resamples=3, seed=0))
    assert [block.shape for block in blocks] == [(2, 2_000_000), (1, 2_000_000)]
    assert all((block.sum(axis=1) == 2_000_000).all() for block in blocks)


def test_bootstrap_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    random = np.random.default_rng(0)
    covered = 0
    for trial in range(200):
        values = (random.random(150) < 0.8).astype(float)[:, None]
        found = estimate(150, lambda counts, v=values: counts @ v / 150, resamples=300, seed=trial)  # type: ignore[misc]
        covered += found[0].low <= 0.8 <= found[0].high
    assert 0.90 <= covered / 200 <= 0.99


def test_interval_of_draws_without_value_is_unknown() -> None:
    assert all(math.isnan(end) for end in percentile_interval(np.full(5, np.nan)))
    assert percentile_interval(np.array([1.0, np.nan, 1.0])) == (1.0, 1.0)
