from __future__ import annotations

import errno
import os
import random
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.data.download_server import FileAnswer, Handler, Notes, describe, serving

from catordog.data.download import part as part_module
from catordog.data.download.archives import RemoteFile
from catordog.data.download.transfer import fetch
from catordog.errors import DatasetError, OutputError

BODY = random.Random(0).randbytes(700_001)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")


def run(
    file: RemoteFile, folder: Path, *, waits: list[float] | None = None, timeout_s: float = 10
) -> tuple[Path, Notes]:
    notes = Notes()
    seconds = [] if waits is None else waits
    path = fetch(file, folder, screen=notes, timeout_s=timeout_s, wait=seconds.append)
    return path, notes


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def leave_part(folder: Path, content: bytes, tag: str = '"one"') -> None:
    (folder / "photos.zip.part").write_bytes(content)
    (folder / "photos.zip.part.tag").write_text(tag)


def test_whole_file_arrives_and_nothing_else_stays(tmp_path: Path) -> None:
    with serving(FileAnswer(BODY)) as server:
        path, notes = run(describe(server.url, BODY), tmp_path)
        assert server.asked_for("Range") == [None]
        assert server.asked_for("Accept-Encoding") == ["identity"]
    assert path == tmp_path / "photos.zip"
    assert path.read_bytes() == BODY
    assert names(tmp_path) == ["photos.zip"]
    assert notes.counts["photos.zip"] == sorted(notes.counts["photos.zip"])
    assert notes.counts["photos.zip"][-1] == len(BODY)


@pytest.mark.parametrize("reset", [False, True])
def test_cut_connection_is_resumed_where_it_ended(tmp_path: Path, reset: bool) -> None:
    answer = FileAnswer(BODY, cuts=[300_000, 100_000], reset=reset)
    waits: list[float] = []
    with serving(answer) as server:
        path, notes = run(describe(server.url, BODY), tmp_path, waits=waits)
        ranges, conditions = server.asked_for("Range"), server.asked_for("If-Range")
    assert path.read_bytes() == BODY
    assert ranges[0] is None
    assert len(ranges) == 3
    if not reset:  # a reset may take bytes with it that were on the way
        assert ranges == [None, "bytes=300000-", "bytes=400000-"]
        assert "300,000 bytes" in notes.said[0]
    assert conditions == [None, '"one"', '"one"']
    assert waits[0] == 1


def test_part_of_an_earlier_run_is_carried_on(tmp_path: Path) -> None:
    leave_part(tmp_path, BODY[:123_456])
    with serving(FileAnswer(BODY)) as server:
        path, _ = run(describe(server.url, BODY), tmp_path)
        assert server.asked_for("Range") == ["bytes=123456-"]
        assert server.asked_for("If-Range") == ['"one"']
    assert path.read_bytes() == BODY
    assert names(tmp_path) == ["photos.zip"]


def test_whole_part_is_checked_without_asking_the_server(tmp_path: Path) -> None:
    leave_part(tmp_path, BODY)
    path, _ = run(describe("http://127.0.0.1:9", BODY), tmp_path)
    assert path.read_bytes() == BODY


def test_part_that_is_too_long_is_fetched_anew(tmp_path: Path) -> None:
    leave_part(tmp_path, BODY + b"more")
    with serving(FileAnswer(BODY)) as server:
        path, _ = run(describe(server.url, BODY), tmp_path)
        assert server.asked_for("Range") == [None]
    assert path.read_bytes() == BODY


def test_server_that_ignores_ranges_restarts_cleanly(tmp_path: Path) -> None:
    leave_part(tmp_path, b"\0" * 200_000)
    with serving(FileAnswer(BODY, knows_ranges=False)) as server:
        path, _ = run(describe(server.url, BODY), tmp_path)
        assert server.asked_for("Range") == ["bytes=200000-"]
    assert path.read_bytes() == BODY


def test_server_that_refuses_ranges_restarts_cleanly(tmp_path: Path) -> None:
    whole = FileAnswer(BODY)

    def answer(handler: Handler) -> None:
        if handler.headers.get("Range"):
            handler.send(416, Content_Range=f"bytes */{len(BODY)}")
        else:
            whole(handler)

    leave_part(tmp_path, BODY[:1000])
    with serving(answer) as server:
        path, _ = run(describe(server.url, BODY), tmp_path)
        assert server.asked_for("Range") == ["bytes=1000-", None]
    assert path.read_bytes() == BODY


def test_server_that_sends_another_range_restarts_cleanly(tmp_path: Path) -> None:
    whole = FileAnswer(BODY)

    def answer(handler: Handler) -> None:
        if handler.headers.get("Range"):
            handler.send(206, BODY[5:], Content_Range=f"bytes 5-{len(BODY) - 1}/{len(BODY)}")
        else:
            whole(handler)

    leave_part(tmp_path, BODY[:1000])
    with serving(answer) as server:
        path, _ = run(describe(server.url, BODY), tmp_path)
    assert path.read_bytes() == BODY


@pytest.mark.parametrize(
    ("old_tag", "headers"),
    [
        ('"old"', {"ETag": '"new"'}),
        ("Mon, 01 Jan 2024 00:00:00 GMT", {"Last-Modified": "Tue, 02 Jan 2024 00:00:00 GMT"}),
    ],
)
def test_file_that_changed_between_tries_is_fetched_anew(
    tmp_path: Path, old_tag: str, headers: dict[str, str]
) -> None:
    leave_part(tmp_path, b"old file" * 1000, old_tag)
    with serving(FileAnswer(BODY, headers)) as server:
        path, _ = run(describe(server.url, BODY), tmp_path)
        assert server.asked_for("If-Range") == [old_tag]
    assert path.read_bytes() == BODY


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"ETag": 'W/"weak"', "Last-Modified": "Tue, 02 Jan 2024 00:00:00 GMT"}, "Tue, 02 Jan"),
        ({"ETag": 'W/"weak"'}, None),  # If-Range may not carry a weak one
        ({}, None),
    ],
)
def test_resume_without_a_strong_etag(
    tmp_path: Path, headers: dict[str, str], expected: str | None
) -> None:
    with serving(FileAnswer(BODY, headers, cuts=[5000])) as server:
        path, _ = run(describe(server.url, BODY), tmp_path)
        condition = server.asked_for("If-Range")[1]
        assert server.asked_for("Range")[1] == "bytes=5000-"
    assert condition is None if expected is None else str(condition).startswith(expected)
    assert path.read_bytes() == BODY


def test_wrong_bytes_are_removed_and_fetched_anew_next_time(tmp_path: Path) -> None:
    wrong = b"\1" + BODY[1:]
    with serving(FileAnswer(wrong)) as server:
        file = describe(server.url, BODY)
        with pytest.raises(DatasetError, match=f"expected SHA-256 {file.sha256}, received"):
            run(file, tmp_path)
        assert names(tmp_path) == []
        server.answer = FileAnswer(BODY)
        path, _ = run(file, tmp_path)
        assert server.asked_for("Range") == [None, None]
    assert path.read_bytes() == BODY


def test_wrong_size_is_refused_before_the_part_is_touched(tmp_path: Path) -> None:
    leave_part(tmp_path, BODY[:1000])
    with serving(FileAnswer(BODY)) as server:
        file = replace(describe(server.url, BODY), size_bytes=len(BODY) + 1)
        with pytest.raises(DatasetError, match=r"expected 700,002 bytes, .* 700,001 bytes"):
            run(file, tmp_path)
        assert (tmp_path / "photos.zip.part").read_bytes() == BODY[:1000]
        (tmp_path / "photos.zip.part").unlink()
        with pytest.raises(DatasetError, match=r"expected 700,002 bytes, .* 700,001 bytes"):
            run(file, tmp_path)
    assert not (tmp_path / "photos.zip").exists()


def test_web_page_instead_of_the_file_keeps_the_part(tmp_path: Path) -> None:
    leave_part(tmp_path, BODY[:1000])

    def answer(handler: Handler) -> None:
        handler.send(200, b"<h1>Log in</h1>", Content_Type="text/html; charset=utf-8")

    with (
        serving(answer) as server,
        pytest.raises(DatasetError, match="received a web page"),
    ):
        run(describe(server.url, BODY), tmp_path)
    assert (tmp_path / "photos.zip.part").read_bytes() == BODY[:1000]


def test_missing_file_is_not_tried_again(tmp_path: Path) -> None:
    with serving(lambda handler: handler.send(404)) as server:
        with pytest.raises(DatasetError, match="HTTP status 404 Not Found"):
            run(describe(server.url, BODY), tmp_path)
        assert len(server.requests) == 1
    assert names(tmp_path) == []


def test_busy_server_is_tried_again(tmp_path: Path) -> None:
    whole = FileAnswer(BODY)
    answers: list[Callable[[Handler], None]] = [
        lambda handler: handler.send(503),
        lambda handler: handler.send(429),
        whole,
    ]
    waits: list[float] = []
    with serving(lambda handler: answers.pop(0)(handler)) as server:
        path, notes = run(describe(server.url, BODY), tmp_path, waits=waits)
    assert path.read_bytes() == BODY
    assert waits == [1, 2]
    assert "HTTP status 503 Service Unavailable; trying again in 1 s" in notes.said[0]


def test_tries_end_when_nothing_more_comes(tmp_path: Path) -> None:
    waits: list[float] = []
    with serving(FileAnswer(BODY, cuts=[1000] + [0] * 20)) as server:
        with pytest.raises(DatasetError, match=r"received 1,000 \(.*run the same command"):
            run(describe(server.url, BODY), tmp_path, waits=waits)
        # The first brought something; of the five after it, none did.
        assert len(server.requests) == 6
    assert waits == [1, 2, 4, 8, 16]
    assert (tmp_path / "photos.zip.part").read_bytes() == BODY[:1000]


def test_server_without_ranges_that_always_cuts_is_given_up(tmp_path: Path) -> None:
    with serving(FileAnswer(BODY, knows_ranges=False, cuts=[5000] * 30)) as server:
        with pytest.raises(DatasetError, match="received 5,000"):
            run(describe(server.url, BODY), tmp_path)
        assert len(server.requests) == 6


def test_unreachable_server_is_given_up(tmp_path: Path) -> None:
    with serving(FileAnswer(BODY)) as server:
        file = describe(server.url, BODY)
    with pytest.raises(DatasetError, match="Connection refused"):
        run(file, tmp_path)


def test_silent_server_times_out_and_what_came_is_kept(tmp_path: Path) -> None:
    end = threading.Event()

    def answer(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(BODY)))
        handler.end_headers()
        if "Range" not in handler.headers:
            handler.wfile.write(BODY[:4000])
        end.wait(20)

    with serving(answer) as server:
        try:
            with pytest.raises(DatasetError, match="no answer in time"):
                run(describe(server.url, BODY), tmp_path, timeout_s=0.1)
        finally:
            end.set()
        assert server.asked_for("Range")[1] == "bytes=4000-"


def test_full_disk_keeps_the_part_and_the_next_run_carries_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room_bytes = 250_000

    def write_until_full(descriptor: int, data: memoryview) -> int:
        free_bytes = room_bytes - os.fstat(descriptor).st_size
        if free_bytes <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return os.write(descriptor, data[:free_bytes])

    with serving(FileAnswer(BODY)) as server:
        file = describe(server.url, BODY)
        with monkeypatch.context() as full:
            full.setattr(part_module, "write_some", write_until_full)
            with pytest.raises(OutputError, match=r"No space left.*What has arrived is kept"):
                run(file, tmp_path)
        assert len(server.requests) == 1
        assert (tmp_path / "photos.zip.part").read_bytes() == BODY[:room_bytes]
        path, _ = run(file, tmp_path)
        assert server.asked_for("Range") == [None, "bytes=250000-"]
    assert path.read_bytes() == BODY


def test_interrupt_keeps_the_part(tmp_path: Path) -> None:
    class Impatient(Notes):
        def stage(self, name: str, total_bytes: int):  # type: ignore[no-untyped-def]
            def advance(done_bytes: int) -> None:
                if done_bytes > 100_000:
                    raise KeyboardInterrupt

            return advance

    with serving(FileAnswer(BODY)) as server:
        file = describe(server.url, BODY)
        with pytest.raises(KeyboardInterrupt):
            fetch(file, tmp_path, screen=Impatient(), timeout_s=10)
        kept = (tmp_path / "photos.zip.part").read_bytes()
        assert len(kept) > 100_000
        assert BODY.startswith(kept)
        path, _ = run(file, tmp_path)
        assert server.asked_for("Range")[1] == f"bytes={len(kept)}-"
    assert path.read_bytes() == BODY


def test_redirect_on_this_machine_is_followed_with_its_range(tmp_path: Path) -> None:
    whole = FileAnswer(BODY, cuts=[2000])

    def answer(handler: Handler) -> None:
        if handler.path == "/moved.zip":
            whole(handler)
        else:
            handler.send(302, Location="/moved.zip")

    with serving(answer) as server:
        path, _ = run(describe(server.url, BODY), tmp_path)
        moved = [h.get("Range") for _, path_, h in server.requests if path_ == "/moved.zip"]
    assert moved == [None, "bytes=2000-"]
    assert path.read_bytes() == BODY


@pytest.mark.parametrize(
    "place", ["http://example.org/photos.zip", "ftp://127.0.0.1/photos.zip", "file:///etc/passwd"]
)
def test_redirect_to_anything_but_https_is_refused(tmp_path: Path, place: str) -> None:
    with (
        serving(lambda handler: handler.send(302, Location=place)) as server,
        pytest.raises(DatasetError, match=r"expected an https address|is not allowed"),
    ):
        run(describe(server.url, BODY), tmp_path)
    assert names(tmp_path) == []


@pytest.mark.parametrize("url", ["http://example.org", "http://127.0.0.1.example.org", "ftp://a"])
def test_address_without_https_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(DatasetError, match="expected an https address"):
        run(describe(url, BODY), tmp_path)


def test_folder_that_cannot_be_written_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "photos.zip.part.tag").mkdir()
    with (
        serving(FileAnswer(BODY)) as server,
        pytest.raises(OutputError, match="Cannot write"),
    ):
        run(describe(server.url, BODY), tmp_path)


def test_server_prints_nothing(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with serving(FileAnswer(BODY)) as server:
        run(describe(server.url, BODY), tmp_path)
    assert capfd.readouterr() == ("", "")
