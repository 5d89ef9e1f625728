"""Is this photo a cat or a dog?

Example:
    >>> from catordog import Classifier
    >>> print(Classifier.load().predict("samples/chelsea.jpg").label)
    cat
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from catordog.errors import CatOrDogError
from catordog.labels import CLASSES, Label
from catordog.records import Answer, Failure, Prediction

if TYPE_CHECKING:
    from catordog.inference.classifier import Classifier

__version__ = "0.1.0"

__all__ = [
    "CLASSES",
    "Answer",
    "CatOrDogError",
    "Classifier",
    "Failure",
    "Label",
    "Prediction",
    "__version__",
]


def __getattr__(name: str) -> Any:
    """Imports the classifier, and with it NumPy and ONNX Runtime, when it is first asked for."""
    if name == "Classifier":
        from catordog.inference.classifier import Classifier

        return Classifier
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
