from __future__ import annotations

import io
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from catordog import Classifier, Failure, Label, Prediction
from catordog.errors import ConfigError, ImageDecodeError, ImageReadError, ImageShapeError
from catordog.images.picture import DecodeLimits


@pytest.fixture(scope="module", params=["fast", "accurate"])
def classifier(request: pytest.FixtureRequest) -> Classifier:
    return Classifier.load(request.param)


@pytest.fixture(scope="module")
def fast() -> Classifier:
    return Classifier.load("fast")


def test_a_cat_is_a_cat_and_a_dog_is_a_dog(classifier: Classifier, samples: Path) -> None:
    cat = classifier.predict(samples / "chelsea.jpg")
    dog = classifier.predict(samples / "dog.jpg")
    assert (cat.label, cat.width, cat.height) == (Label.CAT, 451, 300)
    assert (dog.label, dog.width, dog.height) == (Label.DOG, 640, 480)
    assert cat.p_cat > 0.99
    assert dog.p_dog > 0.9
    assert cat.p_dog < 0.1
    assert dog.p_cat < 0.5


def test_every_kind_of_input_gives_the_same_answer(fast: Classifier, samples: Path) -> None:
    path = samples / "chelsea.jpg"
    expected = fast.predict(path)
    with zipfile.ZipFile(io.BytesIO(), "w") as archive:
        archive.write(path, "chelsea.jpg")
        assert fast.predict(zipfile.Path(archive, "chelsea.jpg")) == expected
    assert fast.predict(str(path)) == expected
    assert fast.predict(path.read_bytes()) == expected
    # From here on the photo is decoded whole, not scaled: close, not equal.
    with Image.open(path) as image:
        whole = [fast.predict(image), fast.predict(np.asarray(image))]
    assert whole[0] == whole[1]
    assert whole[0].p_cat == pytest.approx(expected.p_cat, abs=0.01)


def test_mirrored_photo_keeps_its_label(classifier: Classifier, samples: Path) -> None:
    for name, label in (("chelsea.jpg", Label.CAT), ("dog.jpg", Label.DOG)):
        with Image.open(samples / name) as image:
            assert classifier.predict(ImageOps.mirror(image)).label is label


def test_batch_equals_single_in_any_order_and_size(fast: Classifier, samples: Path) -> None:
    photos = sorted(samples.glob("*.jpg"))
    singles = [fast.predict(photo) for photo in photos]
    for workers, batch_size in ((1, 1), (2, 4), (3, 100)):
        many = list(fast.predict_many(photos, workers=workers, batch_size=batch_size))
        for one, other in zip(singles, many, strict=True):
            assert isinstance(other, Prediction)
            assert other.p_cat == pytest.approx(one.p_cat, abs=1e-5)
            assert replace(other, p_cat=0, p_dog=0) == replace(one, p_cat=0, p_dog=0)


def test_bad_photo_of_a_batch_is_a_failure_in_its_place(fast: Classifier, samples: Path) -> None:
    good = samples / "dog.jpg"
    answers = list(fast.predict_many([good, b"<html>", "missing.jpg", np.zeros(3), good]))
    kinds = [answer.kind if isinstance(answer, Failure) else "ok" for answer in answers]
    assert kinds == ["ok", "ImageDecodeError", "ImageReadError", "ImageShapeError", "ok"]
    assert "an HTML page" in answers[1].error  # type: ignore[union-attr]


def test_single_bad_photo_raises(fast: Classifier) -> None:
    with pytest.raises(ImageDecodeError, match="zero bytes"):
        fast.predict(b"")
    with pytest.raises(ImageReadError, match=r"missing\.jpg"):
        fast.predict("missing.jpg")
    with pytest.raises(ImageShapeError, match=r"float64 of shape \(4, 4\)"):
        fast.predict(np.zeros((4, 4)))
    with pytest.raises(ConfigError, match="received int"):
        fast.predict(3)  # type: ignore[arg-type]


def test_cut_photo_is_answered_with_a_warning(fast: Classifier, samples: Path) -> None:
    data = (samples / "chelsea.jpg").read_bytes()
    prediction = fast.predict(data[: len(data) * 9 // 10])
    assert prediction.label is Label.CAT
    assert "cut short" in prediction.warning
    assert fast.predict(data).warning == ""


def test_limits_hold(samples: Path) -> None:
    strict = Classifier.load("fast", limits=DecodeLimits(max_pixels=1000))
    (answer,) = strict.predict_many([samples / "dog.jpg"])
    assert isinstance(answer, Failure)
    assert answer.kind == "ImageTooLargeError"


def test_predict_many_is_lazy(fast: Classifier, samples: Path) -> None:
    data = (samples / "dog.jpg").read_bytes()
    endless = iter(lambda: data, b"")
    answers = fast.predict_many(endless, workers=2, batch_size=2)
    assert all(isinstance(next(answers), Prediction) for _ in range(5))


@pytest.mark.parametrize("wrong", [{"workers": 0}, {"batch_size": 0}, {"workers": -1}])
def test_predict_many_refuses_bad_use_at_once(fast: Classifier, wrong: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match="expected 1 or more"):
        fast.predict_many([], **wrong)  # type: ignore[arg-type]


def test_threads_share_one_classifier(fast: Classifier, samples: Path) -> None:
    photo = samples / "chelsea.jpg"
    with ThreadPoolExecutor(8) as executor:
        answers = list(executor.map(fast.predict, [photo] * 32))
    assert len(set(answers)) == 1
