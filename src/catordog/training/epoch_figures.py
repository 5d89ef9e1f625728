"""How a network stands after an epoch: what `history.csv` and its curves show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from catordog.metrics import measure, roc_auc


@dataclass(frozen=True, slots=True)
class EpochFigures:
    """Measured on the validation photos.

    Attributes:
        val_accuracy: cat or dog, of the photos that show one of them, in [0, 1].
        val_log_loss: of the same answers, in nats.
        val_pet_auroc: how often a photo of one pet has a higher max(p_cat, p_dog) than one of
            neither; None without photos of neither.
    """

    val_accuracy: float
    val_log_loss: float
    val_pet_auroc: float | None

    def __str__(self) -> str:
        """Says it in one line."""
        line = f"validation accuracy {self.val_accuracy:.2%}, log loss {self.val_log_loss:.4f}"
        if self.val_pet_auroc is None:
            return line
        return f"{line}, pet against neither AUROC {self.val_pet_auroc:.4f}"


def measure_epoch(probabilities: np.ndarray, targets: np.ndarray) -> EpochFigures:
    """Measures answers to validation photos.

    Args:
        probabilities: float (N, 2), p_cat and p_dog.
        targets: float (N, 2), 0 or 1: what the photos show.

    Example:
        >>> figures = measure_epoch(np.array([[0.9, 0.1], [0.2, 0.1]]), np.array([[1, 0], [0, 0]]))
        >>> figures.val_accuracy, figures.val_pet_auroc
        (1.0, 1.0)
    """
    shown = targets.sum(axis=1)
    one, neither = shown == 1, shown == 0
    figures = measure(probabilities[one], targets[one].argmax(axis=1))
    top = probabilities.max(axis=1)
    asked = one | neither
    auroc = roc_auc(top[asked], one[asked]) if neither.any() else None
    return EpochFigures(figures.accuracy, figures.log_loss, auroc)
