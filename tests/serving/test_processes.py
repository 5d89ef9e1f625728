from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.serving.running_server import RunningServer

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def predict(server: RunningServer, *photos: bytes, **options: Any) -> httpx.Response:
    files = [("photos", ("a.jpg", photo, "image/jpeg")) for photo in photos]
    return httpx.post(f"{server.url}v1/predict", files=files, timeout=30, **options)


def children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    names = {child: Path(f"/proc/{child}/cmdline").read_bytes() for child in found}
    return [int(child) for child, name in names.items() if b"spawn_main" in name]


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until(condition: Any, timeout_s: float = 30) -> None:
    until = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_processes_answer_alike_add_up_their_counts_and_end_together(samples: Path) -> None:
    photo = (samples / "dog.jpg").read_bytes()
    with RunningServer("--workers", "2") as server:
        server.wait_until_ready()
        pids = children(server.process.pid)
        assert len(pids) == 2
        wait_until(lambda: predict(server, photo).status_code == 200)

        def asked(_: int) -> str:
            while (response := predict(server, photo)).status_code == 503:
                time.sleep(0.1)
            return response.text

        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(asked, range(40)))) == 1
        counts = httpx.get(f"{server.url}metrics").text
        [verdicts] = [line for line in counts.splitlines() if 'verdicts_total{label="dog"}' in line]
        assert float(verdicts.split()[1]) >= 41
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(30) == 0
        assert not any(is_alive(pid) for pid in pids)


def test_process_that_dies_is_replaced(samples: Path) -> None:
    with RunningServer("--workers", "2") as server:
        server.wait_until_ready()
        before = children(server.process.pid)
        os.kill(before[0], signal.SIGKILL)
        wait_until(lambda: len(set(children(server.process.pid)) - set(before)) == 1)
        server.wait_until_ready()
        assert "starting another" in server.said()


def test_processes_end_when_the_first_one_is_killed() -> None:
    with RunningServer("--workers", "2") as server:
        server.wait_until_ready()
        pids = children(server.process.pid)
        server.process.kill()
        server.process.wait()
        wait_until(lambda: not any(is_alive(pid) for pid in pids))


def test_shutdown_answers_what_was_accepted_and_says_that_it_ends(samples: Path) -> None:
    photo = (samples / "dog.jpg").read_bytes()
    with RunningServer("--workers", "1", variables={"CATORDOG_DRAIN_S": "1"}) as server:
        server.wait_until_ready()
        with ThreadPoolExecutor(4) as pool:
            answers: list[Future[httpx.Response]] = []

            def some_wait() -> bool:
                # All may have been answered before anybody looked: then once more.
                if all(answer.done() for answer in answers):
                    answers[:] = [pool.submit(predict, server, *[photo] * 12) for _ in range(4)]
                return "catordog_queue_depth 0.0" not in metrics_of(server)

            wait_until(some_wait)
            server.process.send_signal(signal.SIGTERM)
            wait_until(lambda: httpx.get(f"{server.url}readyz").status_code == 503, 5)
            assert [answer.result().status_code for answer in answers] == [200] * 4
        assert server.process.wait(20) in (0, -signal.SIGTERM)


def metrics_of(server: RunningServer) -> str:
    return httpx.get(f"{server.url}metrics").text


def test_no_upload_is_written_even_if_large() -> None:
    """The system lets this server write no byte to any file; pipes and sockets are no files."""

    def allow_no_file() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)

    command = [sys.executable, "-B", "-m", "catordog", "serve", "--port", "0", "--model", "fast"]
    process = subprocess.Popen(
        [*command, "--workers", "1"], stderr=subprocess.PIPE, text=True, preexec_fn=allow_no_file
    )
    assert process.stderr is not None
    url = process.stderr.readline().split(" at ")[1].split()[0]
    drained = threading.Thread(target=process.stderr.read, daemon=True)
    drained.start()
    try:
        wait_until(lambda: httpx.get(f"{url}readyz").status_code == 200)
        files = [("photos", ("a", bytes(15_000_000), "image/jpeg"))]
        response = httpx.post(f"{url}v1/predict", files=files, timeout=30)
        assert response.json()["answers"][0]["error"]["status"] == 415
        assert process.poll() is None
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)
        drained.join(20)
        process.stderr.close()


def test_triton_client_works_unchanged(samples: Path) -> None:
    triton = pytest.importorskip("tritonclient.http", reason="needs tritonclient[http]")
    import numpy as np

    photos = [(samples / name).read_bytes() for name in ("dog.jpg", "chelsea.jpg")]
    with RunningServer("--workers", "1") as server:
        server.wait_until_ready()
        client = triton.InferenceServerClient(server.url.removeprefix("http://").rstrip("/"))
        try:
            assert client.is_server_live()
            assert client.is_server_ready()
            assert client.is_model_ready("fast")
            assert client.get_model_metadata("fast")["inputs"][0]["datatype"] == "BYTES"
            given = triton.InferInput("photos", [2], "BYTES")
            given.set_data_from_numpy(np.array(photos, dtype=object))
            for wanted in (None, [triton.InferRequestedOutput("label", binary_data=False)]):
                result = client.infer("fast", [given], outputs=wanted)
                labels = [
                    getattr(text, "decode", lambda t=text: t)() for text in result.as_numpy("label")
                ]
                assert labels == ["dog", "cat"]
            result = client.infer("fast", [given])
            assert result.as_numpy("probabilities").shape == (2, 2)
            assert result.as_numpy("probabilities").dtype == np.float32
        finally:
            client.close()


def test_connection_that_never_finishes_its_head_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    with RunningServer("--workers", "1") as server:
        server.wait_until_ready()
        host, port = server.url.removeprefix("http://").rstrip("/").split(":")
        started = time.monotonic()
        with socket.create_connection((host, int(port)), timeout=20) as slow:
            slow.sendall(b"GET /livez HTTP/1.1\r\nHost: a\r\n")
            ended = False
            while not ended and time.monotonic() - started < 19:
                try:
                    slow.sendall(b"X-A: b\r\n")
                    slow.settimeout(1)
                    ended = slow.recv(1) == b""
                except TimeoutError:
                    pass
                except OSError:
                    ended = True
        assert ended
        assert 8 < time.monotonic() - started < 15


def test_no_http_is_refused_in_the_form_of_all_refusals() -> None:
    with RunningServer("--workers", "1") as server:
        server.wait_until_ready()
        host, port = server.url.removeprefix("http://").rstrip("/").split(":")
        with socket.create_connection((host, int(port)), timeout=20) as client:
            client.sendall(b"no http at all\r\n\r\n")
            answer = client.recv(4096)
    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/problem+json")


def test_log_holds_no_name_and_no_photo(samples: Path) -> None:
    with RunningServer("--workers", "1") as server:
        server.wait_until_ready()
        for photo in ((samples / "dog.jpg").read_bytes(), b"SECRETBYTES"):
            files = [("photos", ("SECRETNAME.jpg", photo, "image/jpeg"))]
            httpx.post(f"{server.url}v1/predict?SECRETQUERY", files=files)
        httpx.get(f"{server.url}SECRETPATH")
        wait_until(lambda: "GET other 404" in server.said())
        assert server.said().count("POST /v1/predict 200") == 2
        assert "SECRET" not in server.said()


def test_port_that_is_served_already_is_refused() -> None:
    with RunningServer("--workers", "2") as server:
        server.wait_until_ready()
        port = server.url.rstrip("/").rpartition(":")[2]
        command = [sys.executable, "-m", "catordog", "serve", "--port", port, "--workers", "2"]
        second = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert second.returncode == 2
    assert f"port {port}" in second.stderr
    assert "--port" in second.stderr
