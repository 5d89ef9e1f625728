"""Reads multipart/form-data piece by piece: photos and short fields, each within its limit."""

from __future__ import annotations

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from catordog.serving.limits import check_count
from catordog.serving.problems import Problem
from catordog.serving.settings import ServeSettings

PHOTOS = "photos"
"""Name of the form field whose files are answered."""

_FIELDS = ("explain", "second_look")
_MAX_FIELD_BYTES = 64


class FormReader:
    """A parser that keeps photos in memory. Names of files are read over and forgotten."""

    def __init__(self, boundary: bytes, settings: ServeSettings) -> None:
        """Starts before the first part.

        Raises:
            Problem: 400, the request names no usable boundary.
        """
        self._settings = settings
        self._photos: list[bytearray | None] = []
        self._fields: dict[str, bytearray] = {}
        self._header = bytearray()
        self._value = bytearray()
        self._disposition = b""
        self._open: bytearray | None = None
        self._limit_bytes = 0
        self._is_ended = False
        try:
            if not boundary:
                raise FormParserError("no boundary in Content-Type")
            self._parser = MultipartParser(boundary, self._callbacks(), max_header_count=8)  # type: ignore[arg-type]
        except FormParserError as exc:
            raise _damaged(exc) from exc

    def feed(self, piece: bytes) -> None:
        """Takes the next bytes.

        Raises:
            Problem: 400, they are no multipart form; 413, there are too many photos; 422, there
                is a field of another name.
        """
        try:
            self._parser.write(piece)
        except FormParserError as exc:
            raise _damaged(exc) from exc

    def finish(self) -> tuple[list[bytes | None], dict[str, str]]:
        """Ends the form.

        Returns:
            The photos in order, None for one of too many bytes; and the fields' values.

        Raises:
            Problem: 400, the form ends too early.
        """
        if not self._is_ended:
            raise _damaged("it ends before its last boundary")
        fields = {name: value.decode("latin-1") for name, value in self._fields.items()}
        return [None if photo is None else bytes(photo) for photo in self._photos], fields

    def _callbacks(self) -> dict[str, object]:
        return {
            "on_part_begin": self._begin_part,
            "on_part_data": self._add_data,
            "on_header_field": self._add_header,
            "on_header_value": self._add_value,
            "on_header_end": self._end_header,
            "on_headers_finished": self._open_part,
            "on_end": self._end,
        }

    def _begin_part(self) -> None:
        self._disposition = b""
        self._header.clear()
        self._value.clear()

    def _add_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _add_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = bytes(self._value)
        self._header.clear()
        self._value.clear()

    def _open_part(self) -> None:
        _, options = parse_options_header(self._disposition)
        name = options.get(b"name", b"").decode("latin-1")
        self._open = bytearray()
        if name == PHOTOS:
            self._limit_bytes = self._settings.max_photo_bytes
            self._photos.append(self._open)
            check_count(len(self._photos), self._settings)
        elif name in _FIELDS:
            self._limit_bytes = _MAX_FIELD_BYTES
            self._fields[name] = self._open
        else:
            raise Problem(
                422,
                "invalid-request",
                f"Cannot use the form: expected fields {PHOTOS}, {' and '.join(_FIELDS)}, received "
                f"'{name[:80]}'. Rename or leave it out.",
            )

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        if self._open is None:
            return
        if len(self._open) + end - start <= self._limit_bytes:
            self._open += data[start:end]
            return
        if self._limit_bytes == _MAX_FIELD_BYTES:
            raise Problem(
                413,
                "request-too-large",
                f"Cannot use the form: expected fields of at most {_MAX_FIELD_BYTES} bytes, "
                f"received a longer one. Only files go into '{PHOTOS}'.",
            )
        self._photos[-1] = self._open = None  # its bytes are let go; the others are still read

    def _end(self) -> None:
        self._is_ended = True


def _damaged(reason: object) -> Problem:
    return Problem(
        400,
        "damaged-form",
        f"Cannot read the form: expected multipart/form-data, received a body where: "
        f"{str(reason)[:120]}. Let an HTTP client build it.",
    )
