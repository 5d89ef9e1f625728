"""What an earlier run left behind: a finished table, kept answers, or photos half sorted.

Facts in the store tell how it ended: `model_sha256` is the model of its answers, and `second_look`
which photos that looked at twice; `overwrite` says that a table there is an old one to replace;
`sorting`, that the table is final and photos may have moved: from then on nothing may be listed or
answered anew.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import zip_longest
from pathlib import Path

from catordog.errors import ConfigError
from catordog.inference.classifier import Classifier
from catordog.inference.pipeline import chunked
from catordog.scoring.request import Request
from catordog.scoring.rows import as_text, read_rows
from catordog.scoring.store import AnswerStore, partial_path
from catordog.scoring.summary import Counts

_ROWS_PER_WRITE = 1000


def open_store(request: Request) -> AnswerStore:
    """Opens the answers kept for a request: private ones where there are none to keep.

    Raises:
        ConfigError: another run has them open, or the file is something else.
        OutputError: it cannot be created.
    """
    out = request.out
    if out is None:
        return AnswerStore(None)
    partial = partial_path(out)
    if request.is_dry:
        return AnswerStore(None, copy_of=partial)
    only_reads = request.plan is None and not request.overwrite
    if only_reads and out.exists() and not partial.exists():
        return AnswerStore(None)
    return AnswerStore(partial)


def begin_anew(store: AnswerStore, classifier: Classifier) -> None:
    """Forgets what an earlier run kept, unless it was to overwrite as this one, or it sorted."""
    if is_sorting(store):
        return
    is_same_model = store.read_fact("model_sha256") == classifier.bundle.sha256
    is_same_look = store.read_fact("second_look") == classifier.second_look
    if not (store.read_fact("overwrite") and is_same_model and is_same_look):
        store.clear()
        store.write_facts(overwrite="yes")


def check_model(store: AnswerStore, classifier: Classifier, *, next_step: str) -> None:
    """Checks that kept answers are of this model, and notes it where there are none.

    Raises:
        ConfigError: they are of another model, or it was to look twice at other photos.
    """
    sha256 = classifier.bundle.sha256
    begun_with = store.read_fact("model_sha256")
    if store.kept and begun_with != sha256:
        raise ConfigError(
            f"Cannot go on with '{store.shown}': expected the model it was begun with, "
            f"'{store.read_fact('model')}' ({str(begun_with)[:12]}), received "
            f"'{classifier.name}' ({sha256[:12]}). Use that model, or {next_step}."
        )
    second_look = store.read_fact("second_look")
    if store.kept and second_look != classifier.second_look:
        raise ConfigError(
            f"Cannot go on with '{store.shown}': expected --second-look {second_look}, as it was "
            f"begun, received {classifier.second_look}. Use that, or {next_step}."
        )
    store.write_facts(
        model=classifier.name, model_sha256=sha256, second_look=str(classifier.second_look)
    )


def has_table(request: Request, store: AnswerStore) -> bool:
    """Tells whether there is a table that is not to be replaced.

    A run that ended between writing it and removing its answers leaves one beside them.
    """
    is_there = request.out is not None and request.out.exists()
    return is_there and not request.overwrite and store.read_fact("overwrite") is None


def read_table(request: Request, store: AnswerStore) -> Counts:
    """Takes the answers from the finished table.

    Raises:
        ConfigError: it is no table, or not one of these photos in this order.
    """
    out = request.out
    assert out is not None
    photos = request.take_listing(store).photos
    shown: Callable[[str], str] = as_text if out.suffix.lower() == ".parquet" else str
    listed = (shown(row.path) for row in store.read_rows())
    if any(a != b for a, b in zip_longest(listed, (row.path for row in read_rows(out)))):
        raise ConfigError(
            f"Cannot write '{out}': expected no such file, or one that holds these {photos} "
            "photos in this order, received answers for others. Move it away or name another "
            "file, or replace it with --overwrite."
        )
    paths = (photo.path for photo, _ in store.read_labels())
    rows = (row._replace(path=path) for path, row in zip(paths, read_rows(out), strict=True))
    store.write_facts(model=f"the one of {out}", model_sha256="")  # nobody knows which it was
    for chunk in chunked(rows, _ROWS_PER_WRITE):
        store.write(chunk)
    return store.count()


def is_sorting(store: AnswerStore) -> bool:
    """Tells whether an earlier run was stopped while it sorted the photos."""
    return store.read_fact("sorting") is not None


def check_sorting(request: Request, store: AnswerStore, classifier: Classifier) -> None:
    """Checks that this request is the one that was stopped while it sorted the photos.

    Raises:
        ConfigError: it is another, or its arguments name photos that have no answer.
    """
    unfinished = store.read_fact("sorting")
    leave_it = f"remove '{store.shown}' to leave the other photos where they are"
    if unfinished != request.name_sorting():
        raise ConfigError(
            f"Cannot go on with '{store.shown}': expected the command that was stopped while it "
            f"sorted photos ({unfinished}), received another. Repeat that command, or {leave_it}."
        )
    if store.read_fact("model_sha256"):
        check_model(store, classifier, next_step=leave_it)
    if request.stdin is None or "-" not in request.arguments:
        _refuse_new_photos(request, store)


def _refuse_new_photos(request: Request, store: AnswerStore) -> None:
    for photo in request.list_photos(missing_is_row=True):
        is_there = photo.archive is not None or Path(photo.path).exists()
        if is_there and not store.holds(photo):
            raise ConfigError(
                f"Cannot go on sorting: expected the photos answered before, received "
                f"'{photo.path}' too. Take it elsewhere until the sorting is done."
            )
