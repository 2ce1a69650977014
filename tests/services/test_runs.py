"""Whole runs over repositories that use such a service: by hand, and on a server, whose credentials are the operator's."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.app.solving import open_solving
from bot.cli.commands.run import run
from bot.ports.run import BranchName, RunReport, RunRequest, Sha
from bot.settings import read_settings
from tests.lock_command import call_lock
from tests.real_uv import need_uv
from tests.runs.index_server import IndexServer
from tests.runs.local_repository import NOW, LocalRepository, make_repository
from tests.services.stand_ins import NEWER, SECRET, Service, running

SAMPLES = Path(__file__).parent / "repositories"
NAMES = ("azure", "google", "codeartifact", "artifactory")
_KEYRING = f"""\
#!/bin/sh
[ "$1 $3" = "get VssSessionToken" ] && echo {SECRET}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """A repository that uses a service, and PyPI beside it."""

    folder: Path
    repository: LocalRepository
    service: Service
    pypi: IndexServer

    def environment(self, *, is_server: bool = False) -> dict[str, str]:
        kept = {
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "HOME": str(self.folder),
            "LOCKBOT_CACHE_DIR": str(self.folder / "cache"),
            "LOCKBOT_ALLOW_PRIVATE_NETWORK": "127.0.0.0/8,::1/128",
            "UV_CACHE_DIR": str(self.folder / "uv"),
        }
        return kept if is_server else {**kept, **self._own_credentials()}

    def _own_credentials(self) -> Mapping[str, str]:
        """As the guide of uv has it for the service."""
        if self.service.name == "azure":
            return {}  # by keyring, for the user in the URL
        if self.service.name == "artifactory":
            (self.folder / ".netrc").write_text(f"machine 127.0.0.1 login reader password {SECRET}\n")
            return {}
        user = self.service.quirks.user
        return {"UV_INDEX_PRIVATE_REGISTRY_USERNAME": user, "UV_INDEX_PRIVATE_REGISTRY_PASSWORD": SECRET}

    def entry(self, *more: str) -> str:
        """The operator's credentials for the service, from a file."""
        (self.folder / "token").write_text(SECRET)
        user = self.service.quirks.user
        lines = [f'prefix = "{self.service.root}/"', f'username = "{user}"', f'file = "{self.folder}/token"', *more]
        path = self.folder / "credentials.toml"
        path.write_text("\n".join(["[[credentials]]", *lines, ""]))
        return str(path)


@pytest.fixture(params=NAMES)
def company(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Company]:
    """The state before: a lock of alpha 1.0, and alpha 1.1 has just come out."""
    with running(request.param) as service, IndexServer() as pypi:
        pypi.release("beta", "1.2")
        pypi.release("gamma", "0.9.0")
        repository = make_repository(tmp_path / "repository")
        made = Company(folder=tmp_path, repository=repository, service=service, pypi=pypi)
        (tmp_path / "bin").mkdir()
        (tmp_path / "bin" / "keyring").write_text(_KEYRING)
        (tmp_path / "bin" / "keyring").chmod(0o755)
        text = (SAMPLES / f"{request.param}.toml").read_text()
        repository.write({"pyproject.toml": fill(text, service, pypi)})
        done = call_lock(repository.folder, (), made.environment())
        assert done.returncode == 0, done.stderr
        repository.commit({})
        service.add(NEWER)
        yield made


def fill(text: str, service: Service, pypi: IndexServer) -> str:
    named = re.sub(r"\{company as (\w+)\}", lambda found: service.url.replace("://", f"://{found[1]}@"), text)
    return named.replace("{company}", service.url).replace("{pypi}", pypi.url)


def run_here(company: Company) -> str:
    done = CliRunner(env={**dict.fromkeys(os.environ), **company.environment()}).invoke(
        run, [str(company.repository.folder)]
    )
    assert done.exit_code == 0, done.output
    return done.output


def branches(company: Company) -> str:
    repository = company.repository
    return "".join(repository.git("show", branch) for branch in repository.branches())


def test_a_run_proposes_what_the_service_has(company: Company) -> None:
    output = run_here(company)
    assert "1.1" in output
    moved = branches(company)
    assert re.search(r'\+name = "alpha"|\+version = "1.1"', moved)
    assert [text for text in (output, moved) if SECRET in text] == []
    assert [one for one in company.service.storage.shown if one] == []


@pytest.mark.uv
def test_uv_finds_every_branch_right(company: Company, tmp_path: Path) -> None:
    run_here(company)
    assert company.repository.branches()
    for number, branch in enumerate(company.repository.branches()):
        folder = tmp_path / f"tree-{number}"
        company.repository.git("worktree", "add", "-q", str(folder), branch)
        done = subprocess.run(
            [need_uv(), "lock", "--check", "--python", sys.executable],
            cwd=folder,
            env=company.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr


# --- on a server ----------------------------------------------------------------------------------


@pytest.fixture
def serve(company: Company, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[RunReport]]:
    """Runs for repositories of these names, one after the other in one worker, with this entry of the operator."""

    def make(entry: str, *names: str, between: Callable[[], object] = lambda: None) -> list[RunReport]:
        for name in os.environ:
            if name.startswith(("UV_", "LOCKBOT_")):
                monkeypatch.delenv(name)
        for name, text in company.environment(is_server=True).items():
            monkeypatch.setenv(name, text)
        monkeypatch.setenv("LOCKBOT_INDEX_CREDENTIALS", entry)
        base = Sha(company.repository.git("rev-parse", "HEAD").strip())
        found = []
        with open_solving(read_settings()) as solving:
            for name in names:
                request = RunRequest(
                    root=company.repository.folder, base=base, base_branch=BranchName("main"), now=NOW, repository=name
                )
                found.append(solving.run_repository(request))
                between()
        return found

    return make


def proposed(report: RunReport) -> str:
    return "".join(file.text or "" for proposal in report.proposals for file in proposal.files)


def test_a_server_reads_the_service_with_the_operators_credentials(
    company: Company, serve: Callable[..., list[RunReport]]
) -> None:
    (report,) = serve(company.entry(), "acme/app")
    assert 'version = "1.1"' in proposed(report), report.problems
    assert SECRET not in repr(report)


def test_a_server_takes_a_token_that_is_renewed_between_two_runs(
    company: Company, serve: Callable[..., list[RunReport]]
) -> None:
    def renew() -> None:
        company.service.tokens = {"another"}
        (company.folder / "new").write_text("another\n")
        (company.folder / "new").rename(company.folder / "token")

    reports = serve(company.entry(), "acme/app", "acme/app", between=renew)
    assert ['version = "1.1"' in proposed(report) for report in reports] == [True, True]


def test_an_organisations_credentials_are_for_its_repositories_alone(
    company: Company, serve: Callable[..., list[RunReport]]
) -> None:
    entry = company.entry('repositories = ["acme/*"]')
    own, stranger, again = serve(entry, "acme/app", "evil/app", "acme/other")
    assert 'version = "1.1"' in proposed(own)
    assert 'version = "1.1"' in proposed(again)
    assert 'version = "1.1"' not in proposed(stranger)
    said = " ".join(problem.message for problem in stranger.problems)
    assert "ask who operates lockbot to add some" in said


@pytest.mark.parametrize("name", ["netrc", "keyring", "variables"])
def test_a_server_takes_nothing_of_its_users_own(
    company: Company, serve: Callable[..., list[RunReport]], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    empty = company.folder / "none.toml"
    empty.write_text("")
    (company.folder / ".netrc").unlink(missing_ok=True)
    if name == "netrc":
        (company.folder / ".netrc").write_text(f"default login {company.service.quirks.user} password {SECRET}\n")
    marker = company.folder / "ran"
    (company.folder / "bin" / "keyring").write_text(f"#!/bin/sh\ntouch {marker}\necho {SECRET}\n")
    if name == "variables":
        for known in ("PRIVATE_REGISTRY", "COMPANY_FEED", "ARTIFACTORY"):
            monkeypatch.setenv(f"UV_INDEX_{known}_USERNAME", company.service.quirks.user)
            monkeypatch.setenv(f"UV_INDEX_{known}_PASSWORD", SECRET)
    (report,) = serve(str(empty), "acme/app")
    assert 'version = "1.1"' not in proposed(report)
    assert not marker.exists()
    assert not any(SECRET in one for one in company.service.shown[len(company.service.shown) :])
