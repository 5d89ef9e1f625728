"""`catordog models`."""

from __future__ import annotations

import json as json_format
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from catordog.inference.bundle import Bundle


def models(
    json: Annotated[bool, typer.Option("--json", help="Print a JSON array.")] = False,
) -> None:
    """List the models that ship with catordog, and what they were measured to be worth."""
    from catordog.inference.bundle import list_models

    rows = [_describe(bundle, is_default=i == 0) for i, bundle in enumerate(list_models())]
    if json:
        typer.echo(json_format.dumps(rows, indent=2))
    else:
        _print_table(rows)


def _describe(bundle: Bundle, *, is_default: bool) -> dict[str, Any]:
    return {
        "name": bundle.metadata.name,
        "is_default": is_default,
        "backbone": bundle.metadata.backbone,
        "size_px": bundle.metadata.preprocess.size_px,
        "size_bytes": bundle.size_bytes,
        "path": str(bundle.path),
        "thresholds": asdict(bundle.metadata.thresholds),
        "metrics": dict(bundle.metadata.metrics),
    }


def _print_table(rows: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("model", "backbone", "input", "size", "measured on held-out photos", box=None)
    for row in rows:
        measured = "\n".join(
            f"{name} {value:.4f}" for name, value in _find_measures(row["metrics"])
        )
        table.add_row(
            f"{row['name']} (default)" if row["is_default"] else row["name"],
            row["backbone"],
            f"{row['size_px']} px",
            f"{row['size_bytes'] / 1e6:.1f} MB",
            measured or "-",
        )
    Console().print(table)


def _find_measures(metrics: Mapping[str, Any], part: str = "") -> Iterator[tuple[str, float]]:
    """Yields every accuracy and log loss, with the part of the data it was measured on."""
    for name, value in metrics.items():
        if isinstance(value, dict):
            yield from _find_measures(value, f"{part}{name} ")
        elif name in ("accuracy", "log_loss") and isinstance(value, (int, float)):
            yield f"{part}{name}".replace("_", " "), value
