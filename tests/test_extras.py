from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from catordog import extras
from catordog.errors import MissingExtraError
from catordog.extras import PACKAGES, require_extra

IMPORTED_AS = {"scikit-learn": "sklearn"}


def packages_of(extra: str, extras: dict[str, list[str]]) -> set[str]:
    """What an extra installs, with the extras it names, as it is imported."""
    found: set[str] = set()
    for requirement in extras[extra]:
        if inner := re.match(r"catordog\[(.+)\]", requirement):
            found.update(*(packages_of(name, extras) for name in inner[1].split(",")))
        elif name := re.match(r"[\w-]+", requirement):
            found.add(IMPORTED_AS.get(name[0], name[0].replace("-", "_")))
    return found


@pytest.mark.parametrize("extra", PACKAGES)
def test_each_extra_installs_what_it_is_known_by(extra: str, repository: Path) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    assert set(PACKAGES[extra]) <= packages_of(extra, project["optional-dependencies"])


@pytest.mark.parametrize("extra", PACKAGES)
def test_one_missing_package_is_enough_to_refuse(
    extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for missing in PACKAGES[extra]:
        monkeypatch.setattr(extras, "find_spec", lambda name, gone=missing: name != gone or None)
        with pytest.raises(
            MissingExtraError,
            match=rf"^Cannot use the parrot: expected .* pip install 'catordog\[{extra}\]'$",
        ) as caught:
            require_extra("the parrot", extra)
        assert caught.value.exit_code == 2


def test_installed_extras_are_found_without_importing_them() -> None:
    program = """
import sys
from catordog.extras import PACKAGES, require_extra
for extra in PACKAGES:
    require_extra("a test", extra)
print(*{name for names in PACKAGES.values() for name in names} & set(sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("\n", "")
