"""Asks a running `catordog serve` about photos, with nothing but Python's standard library.

python examples/ask_server.py http://127.0.0.1:8000 samples/dog.jpg samples/chelsea.jpg
"""

import base64
import json
import sys
import urllib.request
from pathlib import Path


def ask(server: str, photos: list[str]) -> list[dict]:
    """Sends photos in one request; returns one answer for each, in their order."""
    encoded = [{"base64": base64.b64encode(Path(photo).read_bytes()).decode()} for photo in photos]
    request = urllib.request.Request(
        f"{server.rstrip('/')}/v1/predict",
        data=json.dumps({"photos": encoded}).encode(),
        headers={"Content-Type": "application/json"},  # and Authorization: Bearer KEY, if needed
    )
    with urllib.request.urlopen(request) as response:
        return json.load(response)["answers"]


if __name__ == "__main__":
    for photo, answer in zip(sys.argv[2:], ask(sys.argv[1], sys.argv[2:]), strict=True):
        if "error" in answer:
            print(f"{photo}: {answer['error']['detail']}")
        else:
            print(f"{photo}: {answer['label']} (cat {answer['p_cat']}, dog {answer['p_dog']})")
