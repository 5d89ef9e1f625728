"""Requests that no honest client sends, drawn from a seed; used by the tests and the benchmark."""

from __future__ import annotations

import base64
import io
import json
import random
import struct
import zlib
from collections.abc import Callable

from PIL import Image

Hostile = tuple[str, bytes]
"""What a request is, and its raw bytes as they go over the wire."""


def photo() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 48), (150, 90, 40)).save(file, "JPEG")
    return file.getvalue()


def bomb() -> bytes:
    """A PNG of 30,000 x 30,000 pixels in under 200 bytes of header and nothing behind it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + crc

    size = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    packed = zlib.compress(bytes(1000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    )


def form(*files: bytes, name: str = "photos", boundary: str = "XX") -> bytes:
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="a"\r\n'.encode()
        + b"Content-Type: image/jpeg\r\n\r\n"
        + file
        + b"\r\n"
        for file in files
    ]
    return b"".join(parts) + f"--{boundary}--\r\n".encode()


def request(
    body: bytes,
    *,
    kind: str = "multipart/form-data; boundary=XX",
    length: int | None = None,
    path: str = "/v1/predict",
    method: str = "POST",
) -> bytes:
    length = len(body) if length is None else length
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\n"
        f"Content-Length: {length}\r\nConnection: close\r\n\r\n"
    )
    return head.encode("latin-1", "replace") + body


def _cut(random: random.Random) -> bytes:
    body = form(photo(), photo())
    cut = body[: random.randrange(len(body))]
    return request(cut, length=random.choice([len(cut), len(cut), len(body)]))


def _noise(random: random.Random) -> bytes:
    body = bytearray(form(photo()))
    for _ in range(random.randrange(1, 30)):
        body[random.randrange(len(body))] = random.randrange(256)
    return request(bytes(body))


def _bomb(random: random.Random) -> bytes:
    return request(form(*[bomb()] * random.randrange(1, 9)))


def _deep(random: random.Random) -> bytes:
    depth = random.randrange(10, 50_000)
    text = random.choice(["[" * depth, '{"photos":' * depth, "[" * depth + "]" * depth])
    path = random.choice(["/v1/predict", "/v2/models/fast/infer"])
    return request(text.encode(), kind="application/json", path=path)


def _wrong_json(random: random.Random) -> bytes:
    values = [None, True, -1, 1e308, "", "é" * 99, [], {}, [[]], {"base64": 7}, {"base64": "%"}]
    names = ["photos", "explain", "second_look", "inputs", "outputs", "id", "x"]
    chosen = {random.choice(names): random.choice(values) for _ in range(random.randrange(4))}
    if random.random() < 0.5:
        chosen["photos"] = [random.choice(values) for _ in range(random.randrange(40))]
    path = random.choice(["/v1/predict", "/v2/models/fast/infer"])
    return request(json.dumps(chosen).encode(), kind="application/json", path=path)


def _wrong_length(random: random.Random) -> bytes:
    body = form(photo())
    length = random.choice([0, 1, len(body) - 1, 10**9, 10**15, 2**63])
    return request(body, length=length)


def _many_files(random: random.Random) -> bytes:
    return request(form(*[b"x"] * random.randrange(30, 500)))


def _wrong_head(random: random.Random) -> bytes:
    body = form(photo())
    kind = random.choice(
        [
            "",
            "multipart/form-data",
            "multipart/form-data; boundary=",
            "multipart/form-data; boundary=" + "b" * 300,
            "application/json; charset=utf-7",
            "text/html",
            "\u00ff",
            ";;;===",
            "*/*",
        ]
    )
    return request(body, kind=kind)


def _part_heads(random: random.Random) -> bytes:
    head = b"X-%d: y\r\n" * 1
    heads = b"".join(b"X-%d: %s\r\n" % (n, b"y" * 50) for n in range(random.randrange(1, 200)))
    name = random.choice([b"photos", b"", b"explain", b"\xff\xfe", b"a" * 5000])
    disposition = b'Content-Disposition: form-data; name="' + name + b'"; filename*=x\r\n'
    body = b"--XX\r\n" + head + heads + disposition + b"\r\n" + photo() + b"\r\n--XX--\r\n"
    return request(body)


def _no_http(random: random.Random) -> bytes:
    return random.randbytes(random.randrange(1, 400)) + b"\r\n\r\n"


def _chunked(random: random.Random) -> bytes:
    head = b"POST /v1/predict HTTP/1.1\r\nHost: a\r\n"
    head += b"Content-Type: multipart/form-data; boundary=XX\r\n"
    head += b"Transfer-Encoding: chunked\r\n\r\n"
    sizes = [
        b"%x" % random.randrange(1, 99),
        b"zz",
        b"-1",
        b"ffffffffffffffffff",
        b"5;" + b"x" * 99,
    ]
    return head + random.choice(sizes) + b"\r\n" + form(photo())[:90] + b"\r\n0\r\n\r\n"


def _binary(random: random.Random) -> bytes:
    tail = struct.pack("<I", random.choice([0, 3, 2**32 - 1])) + random.randbytes(5)
    head = json.dumps(
        {
            "inputs": [
                {
                    "name": "photos",
                    "shape": [random.randrange(-1, 3)],
                    "datatype": "BYTES",
                    "parameters": {"binary_data_size": len(tail)},
                }
            ]
        }
    ).encode()
    made = request(head + tail, kind="application/octet-stream", path="/v2/models/fast/infer")
    length = random.choice([len(head), 0, 10**9, -5])
    return made.replace(
        b"Connection", b"Inference-Header-Content-Length: %d\r\nConnection" % length
    )


def _wrong_photo(random: random.Random) -> bytes:
    whole = bytearray(photo())
    for _ in range(random.randrange(1, 60)):
        whole[random.randrange(2, len(whole))] = random.randrange(256)
    text = base64.b64encode(bytes(whole[: random.randrange(2, len(whole))])).decode()
    explain = random.choice(["true", "false"])
    body = f'{{"photos": [{{"base64": "{text}"}}], "explain": {explain}}}'
    return request(body.encode(), kind="application/json")


def _wrong_path(random: random.Random) -> bytes:
    path = random.choice(
        [
            "/..%2f..%2fetc/passwd",
            "/static/../settings.py",
            "/" + "a" * 5000,
            "/%00",
            "/v1/predict/%ff",
            "//v1//predict",
            "/v2/models/" + "x" * 300,
            "/v2/models/%2e%2e/infer",
            "*",
            "/?a=%zz",
        ]
    )
    return request(b"", path=path, method=random.choice(["GET", "POST", "PUT", "DELETE", "TRACE"]))


KINDS: tuple[Callable[[random.Random], bytes], ...] = (
    _cut, _noise, _bomb, _deep, _wrong_json, _wrong_length, _many_files, _wrong_head, _part_heads,
    _no_http, _chunked, _binary, _wrong_photo, _wrong_path,
)  # fmt: skip


def hostile_requests(count: int, seed: int = 0) -> list[Hostile]:
    """Draws requests, each kind as often as the others."""
    drawn = random.Random(seed)
    return [
        (KINDS[n % len(KINDS)].__name__.strip("_"), KINDS[n % len(KINDS)](drawn))
        for n in range(count)
    ]
