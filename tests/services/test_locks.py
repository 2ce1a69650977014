"""``lockbot lock`` against each service: the lock as uv writes it, and refusals that say what, where, and what to do.

``locks/NAME.lock`` is what comes out, with ``INDEX`` for the service's address; ``-m "" --rewrite-snapshots`` writes it, once
the real uv agrees.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lock_command import call_lock
from tests.real_uv import need_uv
from tests.services.quirks import SERVICES
from tests.services.stand_ins import SECRET, SIGNATURE, Service, running

LOCKS = Path(__file__).parent / "locks"
PYPROJECT = """\
[project]
name = "app"
version = "1"
requires-python = ">=3.11"
dependencies = ["secret-tool>=3"]

[[tool.uv.index]]
name = "company"
url = "{url}"
default = true
"""


@pytest.fixture(params=SERVICES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def service(name: str) -> Iterator[Service]:
    with running(name) as one:
        yield one


def lock(
    folder: Path,
    service: Service,
    *arguments: str,
    program: str = "lockbot",
    password: str | None = SECRET,
    **more: str,
) -> subprocess.CompletedProcess[str]:
    (folder / "project").mkdir(exist_ok=True)
    (folder / "project" / "pyproject.toml").write_text(PYPROJECT.format(url=service.url))
    named = {"UV_INDEX_COMPANY_USERNAME": service.quirks.user, "UV_INDEX_COMPANY_PASSWORD": password}
    given = {key: text for key, text in named.items() if password is not None and text is not None}
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "LOCKBOT_CACHE_DIR": str(folder / "cache"),
        "UV_PYTHON_DOWNLOADS": "never",
        **given,
        **more,
    }
    if program == "lockbot":
        return call_lock(folder / "project", arguments, environment)
    command = [need_uv(), "lock", "--python", sys.executable, "--no-cache", *arguments]
    return subprocess.run(command, cwd=folder / "project", env=environment, capture_output=True, text=True, check=False)


def locked(folder: Path, service: Service) -> str:
    return (folder / "project" / "uv.lock").read_text().replace(service.root, "INDEX")


def all_kept(folder: Path) -> bytes:
    """All that lies on disk afterwards: lock and cache."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_the_lock_is_the_one_that_is_kept(service: Service, tmp_path: Path) -> None:
    done = lock(tmp_path, service)
    assert done.returncode == 0, done.stderr
    assert locked(tmp_path, service) == (LOCKS / f"{service.name}.lock").read_text()


@pytest.mark.uv
def test_uv_gives_the_same(service: Service, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    done = lock(tmp_path, service)
    assert done.returncode == 0, done.stderr
    ours = locked(tmp_path, service)
    (tmp_path / "project" / "uv.lock").unlink()
    done = lock(tmp_path, service, program="uv")
    assert done.returncode == 0, done.stderr
    assert locked(tmp_path, service) == ours
    if request.config.getoption("--rewrite-snapshots"):
        (LOCKS / f"{service.name}.lock").write_text(ours)


def test_no_secret_is_kept_or_shown(service: Service, tmp_path: Path) -> None:
    done = lock(tmp_path, service, "-v")
    assert done.returncode == 0, done.stderr
    assert SECRET not in done.stdout + done.stderr
    assert SIGNATURE not in done.stdout + done.stderr + (tmp_path / "project" / "uv.lock").read_text()
    assert SECRET.encode() not in all_kept(tmp_path)


def test_storage_is_shown_no_credential(service: Service, tmp_path: Path) -> None:
    assert lock(tmp_path, service).returncode == 0
    assert bool(service.storage.shown) == service.quirks.storage
    assert [one for one in service.storage.shown if one] == []


def test_without_credentials_the_sentence_says_what_to_set(service: Service, tmp_path: Path) -> None:
    done = lock(tmp_path, service, password=None)
    assert done.returncode == 1
    status = service.quirks.closed
    assert f"{service.url.rstrip('/')}/secret-tool/: the index wants credentials (status {status})" in done.stderr
    assert "set UV_INDEX_COMPANY_USERNAME and UV_INDEX_COMPANY_PASSWORD" in done.stderr


def test_wrong_credentials_are_named_by_where_they_come_from(service: Service, tmp_path: Path) -> None:
    done = lock(tmp_path, service, password="wrong-password")
    assert done.returncode == 1
    assert f"{service.url.rstrip('/')}/secret-tool/: the index " in done.stderr
    assert "the credentials from UV_INDEX_COMPANY_USERNAME and UV_INDEX_COMPANY_PASSWORD" in done.stderr
    assert f"(status {service.quirks.wrong})" in done.stderr
    assert "wrong-password" not in done.stderr


def test_who_may_not_read_is_told_so_unless_the_service_hides_it(service: Service, tmp_path: Path) -> None:
    service.known = {"of-another-team"}
    done = lock(tmp_path, service, password="of-another-team")
    assert done.returncode == 1
    if service.quirks.hides:
        assert "secret-tool" in done.stderr
        assert "not" in done.stderr
    else:
        assert "the index does not let the credentials from UV_INDEX_COMPANY_USERNAME" in done.stderr
        assert "check what they may read" in done.stderr


@pytest.mark.parametrize("name", [name for name, quirks in SERVICES.items() if quirks.is_bearer], indirect=True)
def test_a_token_by_itself_is_sent_where_the_operator_says_so(service: Service, tmp_path: Path) -> None:
    file = tmp_path / "credentials.toml"
    file.write_text(f'[[credentials]]\nprefix = "{service.root}/"\nscheme = "bearer"\nvariable = "TOKEN"\n')
    done = lock(tmp_path, service, password=None, LOCKBOT_INDEX_CREDENTIALS=str(file), TOKEN=SECRET)
    assert done.returncode == 0, done.stderr
    assert set(service.shown) == {f"Bearer {SECRET}"}


@pytest.mark.parametrize("after", [1, 4])
def test_a_token_that_ends_in_the_middle_is_renewed(service: Service, tmp_path: Path, after: int) -> None:
    current, let_in = tmp_path / "current", iter(range(1, 1000))
    current.write_text("token-1")
    service.tokens = {"token-1"}

    def end() -> None:
        if next(let_in) == after:
            current.write_text("token-2")
            service.tokens = {"token-2"}

    service.on_token = end
    file = tmp_path / "credentials.toml"
    file.write_text(
        f'[[credentials]]\nprefix = "{service.root}/"\nusername = "{service.quirks.user}"\n'
        f'command = ["cat", "{current}"]\nlasts = 3600\n'
    )
    done = lock(tmp_path, service, password=None, LOCKBOT_INDEX_CREDENTIALS=str(file))
    assert done.returncode == 0, done.stderr
    assert locked(tmp_path, service) == (LOCKS / f"{service.name}.lock").read_text()


def test_what_is_not_there_is_not_there(service: Service, tmp_path: Path) -> None:
    service.files = [file for file in service.files if file.name != "gamma"]
    done = lock(tmp_path, service)
    assert done.returncode == 1
    assert "gamma" in done.stderr
    assert [one for one in service.storage.shown if one] == []
