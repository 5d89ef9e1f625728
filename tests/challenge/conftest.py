from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from catordog.challenge.pool import open_pools
from catordog.challenge.service import ChallengeService
from catordog.challenge.store import ChallengeStore
from catordog.challenge.tables import open_database
from catordog.challenge.tickets import Site

SITE = Site("blog", "correct-horse-battery-staple", ("blog.example", "127.0.0.1"))
OTHER_SITE = Site("shop", "another-secret-of-another-site")


class Clock:
    """A clock that a test turns on."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def find_postgres() -> Path | None:
    """Finds PostgreSQL's programs, which Debian keeps off the path."""
    found = [Path(path) for path in [shutil.which("initdb") or ""] if path]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].resolve().parent if found else None


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL of our own, reached by a socket in a folder of its own."""
    programs = find_postgres()
    if programs is None:
        pytest.skip("needs PostgreSQL: apt-get install postgresql")
    folder = Path("/tmp") / f"catordog-postgres-{os.getpid()}"  # a socket's path must be short
    folder.mkdir(mode=0o700)
    user = None
    if os.geteuid() == 0:  # it refuses to run as root
        user = "postgres"
        shutil.chown(folder, user)
    data = folder / "data"

    def run(*command: str) -> None:
        subprocess.run(command, check=True, capture_output=True, user=user, cwd=folder)

    try:
        run(f"{programs}/initdb", "-D", str(data), "-A", "trust", "-U", "catordog", "--no-sync")
        options = f"-k {folder} -c listen_addresses='' -c max_connections=50"
        log = str(folder / "log")
        run(f"{programs}/pg_ctl", "-D", str(data), "-o", options, "-l", log, "-w", "start")
        try:
            yield f"postgresql://catordog@/postgres?host={folder}"
        finally:
            run(f"{programs}/pg_ctl", "-D", str(data), "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Each test that asks for this runs on both databases; an empty one."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/challenge.db"
    from catordog.challenge.tables import METADATA

    url: str = request.getfixturevalue("postgres_url")
    engine = open_database(url)
    METADATA.drop_all(engine)
    engine.dispose()
    return url


@pytest.fixture
def make_service(
    database_url: str, tiny_zip: Path, clock: Clock
) -> Iterator[Callable[..., ChallengeService]]:
    made: list[ChallengeService] = []

    def make(**options: object) -> ChallengeService:
        store = ChallengeStore(open_database(database_url))
        arguments = {"sites": [SITE, OTHER_SITE], "clock": clock} | options
        made.append(ChallengeService(store, open_pools(str(tiny_zip)), **arguments))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for service in made:
        service.close()
