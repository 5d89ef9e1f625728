"""Kaggle's and Hugging Face's real clients, against a server on this machine."""

from __future__ import annotations

import base64
import hashlib
import inspect
import io
import json
import os
import random
import re
import shutil
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.data.download_server import Handler, Notes, WebServer, serving

from catordog.data.download import run
from catordog.data.download.archives import find_archive
from catordog.data.download.huggingface import download_shards
from catordog.data.download.receipt import RECEIPT
from catordog.errors import ConfigError, DatasetError, MissingExtraError, OutputError

RANDOM = random.Random(2)
TRAIN, TEST = RANDOM.randbytes(2_500_000), RANDOM.randbytes(100_000)
SHARDS = {f"data/train-0000{i}-of-00002.parquet": RANDOM.randbytes(50_000) for i in range(2)}
SHA = "c" * 40


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's tokens, caches or proxies."""
    for name in list(os.environ):
        if name.startswith(("KAGGLE", "HF_")):
            monkeypatch.delenv(name)
    # The client keeps the stream that it logs to, which ends with the test that imported it.
    monkeypatch.setenv("KAGGLEHUB_VERBOSITY", "error")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KAGGLE_CONFIG_DIR", str(tmp_path / "home"))
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")


def pack_competition() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as bundle:
        for name, content in (("train.zip", TRAIN), ("test1.zip", TEST)):
            bundle.writestr(name, content)
        bundle.writestr("sampleSubmission.csv", "id,label\n1,0\n")
    return stream.getvalue()


@dataclass
class Kaggle:
    """Answers as Kaggle does: a POST for the bundle, then ranges of it."""

    body: bytes = field(default_factory=pack_competition)
    status: int = 200
    cuts: list[int] = field(default_factory=list)
    md5: bytes = b""

    def __call__(self, handler: Handler) -> None:
        length = int(handler.headers.get("Content-Length", 0))
        handler.rfile.read(length)
        if self.status != 200:
            handler.send(self.status, b"{}", Content_Type="application/json")
            return
        found = re.fullmatch(r"bytes=(\d+)-", handler.headers.get("Range", ""))
        rest = self.body[int(found[1]) if found else 0 :]
        digest = base64.b64encode(self.md5 or hashlib.md5(self.body).digest()).decode()
        handler.send_response(206 if found else 200)
        handler.send_header("Content-Length", str(len(rest)))
        handler.send_header("Content-Type", "application/zip")
        handler.send_header("Accept-Ranges", "bytes")
        handler.send_header("x-goog-hash", f"md5={digest}")
        handler.send_header("Last-Modified", "Thu, 12 Dec 2013 00:00:00 GMT")
        handler.end_headers()
        if self.cuts:
            handler.wfile.write(rest[: self.cuts.pop(0)])
            handler.cut()
        else:
            handler.wfile.write(rest)


def point_kaggle(monkeypatch: pytest.MonkeyPatch, server: WebServer, token: str = "t0ken") -> None:
    from kagglesdk import kaggle_env

    monkeypatch.setenv("KAGGLE_API_ENVIRONMENT", "LOCALHOST")
    monkeypatch.setitem(kaggle_env._env_to_endpoint, kaggle_env.KaggleEnv.LOCAL, server.url)
    if token:
        monkeypatch.setenv("KAGGLE_API_TOKEN", token)


@pytest.mark.parametrize(
    ("source", "name"),
    [("kaggle", "dogs-vs-cats"), ("redux", "dogs-vs-cats-redux-kernels-edition")],
)
def test_competition_arrives_whole_and_is_not_fetched_again(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    source: str,
    name: str,
) -> None:
    notes = Notes()
    with serving(Kaggle()) as server:
        point_kaggle(monkeypatch, server)
        path = run.download(source, tmp_path / "out", screen=notes)
        (method, url, headers), *more = server.requests
        assert (method, url) == (
            *("POST", "/api/v1/competitions.CompetitionApiService/DownloadDataFiles"),
        )
        assert headers.get("Authorization") == "Bearer t0ken"
        again = Notes()
        assert run.download(source, tmp_path / "out", screen=again) == path
        assert len(server.requests) == 1 + len(more)
    folder = tmp_path / "out" / name
    assert path == folder / "train.zip"
    assert path.read_bytes() == TRAIN
    assert sorted(entry.name for entry in folder.iterdir()) == [
        *(RECEIPT, "sampleSubmission.csv", "test1.zip", "train.zip"),
    ]
    assert [entry.name for entry in (tmp_path / "out").iterdir()] == [name]
    assert f"https://www.kaggle.com/competitions/{name}" in notes.said[0]
    assert "rules" in notes.said[1]
    assert notes.said[2] == "Downloading about 854 MB from kagglehub"
    assert again.said == [f"{folder} is there already, complete and verified"]
    assert capsys.readouterr().out == ""
    assert "KAGGLEHUB_CACHE" not in os.environ


def test_competition_that_was_cut_is_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(Kaggle(cuts=[1_500_000])) as server:
        point_kaggle(monkeypatch, server)
        with pytest.raises(DatasetError, match="Run the same command to carry on"):
            run.download("kaggle", tmp_path)
        assert not (tmp_path / "dogs-vs-cats").exists()
        assert (tmp_path / ".dogs-vs-cats.part").is_dir()
        path = run.download("kaggle", tmp_path)
        resumed = [value for value in server.asked_for("Range") if value]
    assert path.read_bytes() == TRAIN
    assert resumed == [f"bytes={1 << 20}-"]  # the client keeps whole mebibytes


@pytest.mark.parametrize("status", [401, 403])
def test_kaggle_that_lets_nobody_in_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    with serving(Kaggle(status=status)) as server:
        point_kaggle(monkeypatch, server)
        with pytest.raises(ConfigError, match="expected a Kaggle token and accepted rules") as info:
            run.download("kaggle", tmp_path)
    assert "Accept the rules at https://www.kaggle.com/competitions/dogs-vs-cats/rules" in str(
        info.value
    )
    assert "KAGGLE_API_TOKEN" in str(info.value)


def test_kaggle_without_a_token_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(Kaggle()) as server:
        point_kaggle(monkeypatch, server, token="")
        with pytest.raises(ConfigError, match="expected a Kaggle token and accepted rules"):
            run.download("kaggle", tmp_path)
        assert server.requests == []


def test_kaggle_with_a_damaged_token_file_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kagglehub import config

    (tmp_path / "kaggle.json").write_text("{")
    monkeypatch.setenv(config.CREDENTIALS_FOLDER_ENV_VAR_NAME, str(tmp_path))
    with serving(Kaggle()) as server:
        point_kaggle(monkeypatch, server, token="")
        with pytest.raises(ConfigError, match="expected a Kaggle token and accepted rules"):
            run.download("kaggle", tmp_path / "out")


@pytest.mark.parametrize(
    "answer",
    [Kaggle(status=404), Kaggle(status=500), Kaggle(b"no zip"), Kaggle(md5=b"0" * 16)],
    ids=["404", "500", "not a zip", "wrong hash"],
)
def test_kaggle_that_fails_is_a_dataset_error_and_the_next_run_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: Kaggle
) -> None:
    with serving(answer) as server:
        point_kaggle(monkeypatch, server)
        with pytest.raises(DatasetError, match="Cannot download 'dogs-vs-cats' from Kaggle"):
            run.download("kaggle", tmp_path)
        assert not (tmp_path / "dogs-vs-cats").exists()
        server.answer = Kaggle()
        assert run.download("kaggle", tmp_path).read_bytes() == TRAIN


def test_files_that_kaggle_has_mounted_are_used_where_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import kagglehub

    mounted = tmp_path / "input" / "dogs-vs-cats"
    mounted.mkdir(parents=True)
    (mounted / "train.zip").write_bytes(TRAIN)
    monkeypatch.setattr(kagglehub, "competition_download", lambda handle: str(mounted))
    assert run.download("kaggle", tmp_path / "out") == mounted / "train.zip"
    assert [path.name for path in mounted.iterdir()] == ["train.zip"]
    assert list((tmp_path / "out").iterdir()) == []


@dataclass
class HuggingFace:
    """Answers as huggingface.co does for one data set."""

    shards: dict[str, bytes] = field(default_factory=lambda: dict(SHARDS))
    hashes: dict[str, str] = field(default_factory=dict)
    status: int = 200
    cuts: list[int] = field(default_factory=list)

    def __call__(self, handler: Handler) -> None:
        path = handler.path.partition("?")[0]
        if self.status != 200:
            handler.send(self.status)
        elif path.startswith("/api/datasets/microsoft/cats_vs_dogs/tree/"):
            self._send_json(handler, [self._describe(name) for name in self._files()])
        elif path.startswith("/api/datasets/microsoft/cats_vs_dogs"):
            siblings = [
                {"rfilename": name, "size": len(body), "blobId": "b", "lfs": self._hash(name)}
                for name, body in self._files().items()
            ]
            self._send_json(
                handler, {"id": "microsoft/cats_vs_dogs", "sha": SHA, "siblings": siblings}
            )
        else:
            prefix = f"/datasets/microsoft/cats_vs_dogs/resolve/{SHA}/"
            assert path.startswith(prefix), path
            self._send_file(handler, path.removeprefix(prefix))

    def _files(self) -> dict[str, bytes]:
        return {"README.md": b"# Cats", **self.shards}

    def _hash(self, name: str) -> dict[str, object]:
        body = self._files()[name]
        sha256 = self.hashes.get(name) or hashlib.sha256(body).hexdigest()
        return {"oid": sha256, "sha256": sha256, "size": len(body), "pointerSize": 134}

    def _describe(self, name: str) -> dict[str, object]:
        size = len(self._files()[name])
        return {"type": "file", "path": name, "size": size, "oid": "b", "lfs": self._hash(name)}

    def _send_json(self, handler: Handler, value: object) -> None:
        handler.send(200, json.dumps(value).encode(), Content_Type="application/json")

    def _send_file(self, handler: Handler, name: str) -> None:
        body = self._files()[name]
        found = re.fullmatch(r"bytes=(\d+)-", handler.headers.get("Range", ""))
        rest = body[int(found[1]) if found else 0 :]
        handler.send_response(206 if found else 200)
        handler.send_header("Content-Length", str(len(rest)))
        if found:
            handler.send_header("Content-Range", f"bytes {found[1]}-{len(body) - 1}/{len(body)}")
        handler.send_header("ETag", f'"{hashlib.sha256(body).hexdigest()}"')
        handler.send_header("X-Repo-Commit", SHA)
        handler.send_header("Accept-Ranges", "bytes")
        handler.end_headers()
        if handler.command != "HEAD":
            cut = self.cuts.pop(0) if self.cuts else len(rest)
            handler.wfile.write(rest[:cut])
            if cut < len(rest):
                handler.cut()


def fetch_shards(
    server: WebServer, out: Path, *, describe: Callable[[int], None] = lambda size: None
) -> Path:
    out.mkdir(exist_ok=True)
    return download_shards(
        find_archive("huggingface"),
        out / "cats_vs_dogs",
        screen=Notes(),
        timeout_s=10,
        describe=describe,
        endpoint=server.url,
    )


def test_shards_arrive_whole_and_nothing_else(tmp_path: Path) -> None:
    sizes: list[int] = []
    with serving(HuggingFace()) as server:
        folder = fetch_shards(server, tmp_path / "out", describe=sizes.append)
        assert not any("README" in path for _, path, _ in server.requests)
    assert sizes == [100_000]
    assert {name: (folder / name).read_bytes() for name in SHARDS} == SHARDS
    assert sorted(entry.name for entry in folder.iterdir()) == [RECEIPT, "data"]
    assert [entry.name for entry in (tmp_path / "out").iterdir()] == ["cats_vs_dogs"]
    receipt = json.loads((folder / RECEIPT).read_text())
    assert receipt["revision"] == SHA
    assert sorted(receipt["files"]) == sorted(SHARDS)
    notes = Notes()
    assert run.download("huggingface", tmp_path / "out", screen=notes) == folder
    assert notes.said == [f"{folder} is there already, complete and verified"]


def test_shards_that_are_there_are_not_fetched_again(tmp_path: Path) -> None:
    first, second = SHARDS
    answer = HuggingFace(hashes={second: "0" * 64})
    with serving(answer) as server:
        with pytest.raises(DatasetError, match=f"Cannot use '{second}'.*It was removed"):
            fetch_shards(server, tmp_path)
        assert not (tmp_path / "cats_vs_dogs").exists()
        answer.hashes.clear()
        server.requests.clear()
        folder = fetch_shards(server, tmp_path)
        fetched = [path for method, path, _ in server.requests if method == "GET"]
    assert (folder / second).read_bytes() == SHARDS[second]
    assert any(path.endswith(second) for path in fetched)
    assert not any(path.endswith(first) for path in fetched)


def test_shards_that_were_cut_are_carried_on(tmp_path: Path) -> None:
    answer = HuggingFace(cuts=[0, 0, 20_000, 20_000])  # the first two are questions for the size
    with serving(answer) as server:
        try:
            folder = fetch_shards(server, tmp_path)
        except DatasetError as exc:
            assert "run the same command to carry on" in str(exc)
            folder = fetch_shards(server, tmp_path)
    assert {name: (folder / name).read_bytes() for name in SHARDS} == SHARDS


@pytest.mark.parametrize("status", [401, 403])
def test_hugging_face_that_refuses_a_token_says_what_to_do(tmp_path: Path, status: int) -> None:
    with (
        serving(HuggingFace(status=status)) as server,
        pytest.raises(ConfigError, match=f"received HTTP status {status}.*hf auth login"),
    ):
        fetch_shards(server, tmp_path)


def test_hugging_face_without_the_data_set_is_a_dataset_error(tmp_path: Path) -> None:
    with (
        serving(HuggingFace(status=404)) as server,
        pytest.raises(DatasetError, match="from Hugging Face: expected its shards"),
    ):
        fetch_shards(server, tmp_path)


def test_hugging_face_without_shards_is_a_dataset_error(tmp_path: Path) -> None:
    with (
        serving(HuggingFace(shards={})) as server,
        pytest.raises(DatasetError, match="expected Parquet shards, received none"),
    ):
        fetch_shards(server, tmp_path)


def test_unreachable_hugging_face_does_not_pass_for_a_whole_download(tmp_path: Path) -> None:
    """The client would return a half-filled folder as the answer."""
    half = tmp_path / ".cats_vs_dogs.part" / "data"
    half.mkdir(parents=True)
    (half / "train-00000-of-00002.parquet").write_bytes(b"half")
    with serving(HuggingFace()) as server:
        pass
    with pytest.raises(DatasetError, match="run the same command to carry on"):
        fetch_shards(server, tmp_path)
    assert not (tmp_path / "cats_vs_dogs").exists()


def test_too_little_room_for_clients_is_said_beforehand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=99_999))
    with serving(HuggingFace()) as server:
        with pytest.raises(OutputError, match="free on its disk"):
            fetch_shards(server, tmp_path)
        assert len(server.requests) == 1
    with serving(Kaggle()) as server:
        point_kaggle(monkeypatch, server)
        with pytest.raises(OutputError, match="expected 1,708 MB free"):
            run.download("kaggle", tmp_path)
        assert server.requests == []


@pytest.mark.parametrize(
    ("source", "module"),
    [("kaggle", "kagglehub"), ("redux", "kagglehub"), ("huggingface", "huggingface_hub")],
)
def test_missing_client_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, module: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=r"catordog\[download\]"):
        run.download(source, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_full_disk_in_a_client_is_an_output_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub
    import kagglehub

    def fill(*arguments: object, **options: object) -> str:
        raise OSError(28, "No space left on device")

    def fill_as_xet_does(*arguments: object, **options: object) -> str:
        raise RuntimeError("Data processing error: I/O error: No space left on device")

    monkeypatch.setattr(kagglehub, "competition_download", fill)
    with pytest.raises(OutputError, match="What has arrived is kept"):
        run.download("kaggle", tmp_path)
    for failure in (fill, fill_as_xet_does):
        monkeypatch.setattr(huggingface_hub.HfApi, "snapshot_download", failure)
        with (
            serving(HuggingFace()) as server,
            pytest.raises(OutputError, match="What has arrived is kept"),
        ):
            fetch_shards(server, tmp_path)


def test_clients_have_what_is_called() -> None:
    import huggingface_hub
    import kagglehub

    handle, *_ = inspect.signature(kagglehub.competition_download).parameters.values()
    assert (handle.name, handle.kind) == ("handle", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    info = inspect.signature(huggingface_hub.HfApi.dataset_info).parameters
    assert {"repo_id", "files_metadata", "timeout"} <= set(info)
    snapshot = inspect.signature(huggingface_hub.HfApi.snapshot_download).parameters
    wanted = {"repo_id", "repo_type", "revision", "local_dir", "cache_dir", "allow_patterns"}
    assert wanted <= set(snapshot)
