from __future__ import annotations

import hashlib
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catordog.data.split import Part, hash_data, split_photos
from catordog.errors import ConfigError, DatasetError
from catordog.labels import CLASSES, Label


def digests(count: int) -> list[str]:
    return [hashlib.sha256(str(index).encode()).hexdigest() for index in range(count)]


LABELS = [Label.CAT, Label.DOG] * 100


def test_each_class_is_split_in_the_stated_shares() -> None:
    parts = split_photos(digests(200), LABELS, val=0.2, test=0.1)
    for label in CLASSES:
        counts = Counter(part for part, own in zip(parts, LABELS, strict=True) if own is label)
        assert counts == {Part.TRAIN: 70, Part.VALIDATION: 20, Part.TEST: 10}


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(60)), st.integers(0, 5))
def test_part_follows_from_content_not_from_order(order: list[int], seed: int) -> None:
    names, labels = digests(60), LABELS[:60]
    straight = split_photos(names, labels, seed=seed)
    shuffled = split_photos([names[i] for i in order], [labels[i] for i in order], seed=seed)
    assert [straight[i] for i in order] == shuffled


def test_another_seed_is_another_split() -> None:
    assert split_photos(digests(200), LABELS) != split_photos(digests(200), LABELS, seed=1)


def test_copies_fall_in_one_part_even_under_two_labels() -> None:
    names = digests(100)
    doubled = names + names
    labels = LABELS[:100] + [Label.DOG if own is Label.CAT else Label.CAT for own in LABELS[:100]]
    parts = split_photos(doubled, labels)
    assert parts[:100] == parts[100:]


@pytest.mark.parametrize(("val", "test"), [(0.0, 0.1), (0.5, 0.5), (1.0, 0.0), (0.1, -0.1)])
def test_shares_that_leave_nothing_are_refused(val: float, test: float) -> None:
    with pytest.raises(ConfigError, match="leave some photos to train on"):
        split_photos(digests(20), LABELS[:20], val=val, test=test)


def test_too_few_photos_are_refused() -> None:
    with pytest.raises(DatasetError, match="too few"):
        split_photos(digests(2), LABELS[:2])


def test_data_is_named_by_content_and_labels_only() -> None:
    names, labels = digests(4), LABELS[:4]
    assert hash_data(names, labels) == hash_data(names[::-1], labels[::-1])
    assert hash_data(names, labels) != hash_data(names, labels[::-1])
    assert hash_data(names, labels) != hash_data(names[:3], labels[:3])
