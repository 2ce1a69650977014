"""What a stranger's repository may say about indexes, archives and credentials, on a server: the network, and no more.

The index and the pipeline are those of a worker; only the forge is left out.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.app.solving import open_index, open_solving
from bot.errors import IndexFailure, LockbotError
from bot.lockfile.model import GitRequirement, PathRequirement, UrlRequirement
from bot.ports.run import BranchName, RunReport, RunRequest, Sha
from bot.resolver.model.index import Index, IndexFormat, ReleaseFile
from bot.resolver.model.versions import parse_version
from bot.settings import Settings, read_settings
from tests.runs.index_server import IndexServer
from tests.runs.local_repository import NOW, LocalRepository

PROJECT = """\
[project]
name = "app"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = ["alpha"]
"""

LOCK = """\
version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "app"
version = "0.1.0"
source = { virtual = "." }
"""

CANARY = "canary-of-this-machine"


@dataclass
class Machine:
    """A server's machine: ``wheel`` is a file of the operator's, outside of every repository."""

    folder: Path
    settings: Settings
    wheel: Path

    def run(self, files: Mapping[str, str]) -> RunReport:
        root = self.folder / "repository"
        root.mkdir()
        repository = LocalRepository(folder=root)
        repository.git("init", "-q", "-b", "main")
        base = Sha(repository.commit(files))
        request = RunRequest(root=root, base=base, base_branch=BranchName("main"), now=NOW, repository="evil/app")
        with open_solving(self.settings) as solving:
            return solving.run_repository(request)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setenv("LOCKBOT_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("LOCKBOT_ALLOW_PRIVATE_NETWORK", "127.0.0.0/8")
    private = tmp_path / "private"
    private.mkdir()
    wheel = private / "alpha-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        metadata = f"Metadata-Version: 2.1\nName: alpha\nVersion: 1.0\nRequires-Dist: {CANARY}\n"
        archive.writestr("alpha-1.0.dist-info/METADATA", metadata)
        archive.writestr("alpha-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    return Machine(folder=tmp_path, settings=read_settings(), wheel=wheel)


# --- files of the machine -------------------------------------------------------------------------


def release_of(wheel: Path) -> ReleaseFile:
    index = Index(url=wheel.parent.as_uri(), format=IndexFormat.FLAT)
    return ReleaseFile(
        name="alpha",
        version=parse_version("1.0"),
        filename=wheel.name,
        url=wheel.as_uri(),
        path=str(wheel),
        index=index,
    )


def test_the_index_of_a_server_reads_no_file_of_the_machine(machine: Machine) -> None:
    wheel = machine.wheel
    with open_index(machine.settings) as index:
        for read in (
            lambda: index.get_page(Index(url=wheel.parent.as_uri(), format=IndexFormat.FLAT), "alpha"),
            lambda: index.get_page(Index(url=str(wheel.parent), format=IndexFormat.FLAT), "alpha"),
            lambda: index.get_page(Index(url=wheel.parent.as_uri()), "alpha"),
            lambda: index.get_archive(PathRequirement(path=str(wheel)), "alpha"),
            lambda: index.get_archive(UrlRequirement(url=wheel.as_uri()), "alpha"),
            lambda: index.get_metadata(release_of(wheel)),
        ):
            with pytest.raises(IndexFailure, match="files outside of the repository are not read here"):
                read()


def test_the_index_of_a_server_clones_no_folder_of_the_machine(machine: Machine) -> None:
    source = GitRequirement(url=machine.folder.as_uri())
    with open_index(machine.settings) as index, pytest.raises(LockbotError, match="file"):
        index.get_git(source, None)


@pytest.mark.parametrize(
    "settings",
    [
        '[[tool.uv.index]]\nurl = "file:///etc"\ndefault = true\n',
        '[[tool.uv.index]]\nurl = "{private}"\ndefault = true\nformat = "flat"\n',
        '[tool.uv]\nfind-links = ["{private}"]\nno-index = true\n',
        '[tool.uv]\nfind-links = ["file://{private}"]\nno-index = true\n',
        '[tool.uv.sources]\nalpha = {{ path = "{wheel}" }}\n',
        '[tool.uv.sources]\nalpha = {{ url = "file://{wheel}" }}\n',
        '[tool.uv.sources]\nalpha = {{ path = "../private/alpha-1.0-py3-none-any.whl" }}\n',
        '[tool.uv.sources]\nalpha = {{ path = "{private}", editable = true }}\n',
        '[tool.uv.sources]\nalpha = {{ git = "file://{private}" }}\n',
        '[tool.uv.sources]\nalpha = {{ git = "ext::cat {wheel}" }}\n',
    ],
)
def test_a_manifest_names_nothing_on_the_machine(machine: Machine, settings: str) -> None:
    named = settings.format(private=machine.wheel.parent, wheel=machine.wheel)
    report = machine.run({"pyproject.toml": f"{PROJECT}\n{named}", "uv.lock": LOCK})
    assert report.proposals == ()
    assert report.problems != ()
    assert CANARY not in repr(report)


@pytest.mark.parametrize(
    "text",
    [
        'index-url = "file:///etc"\n',
        'index-url = "/etc"\n',
        'extra-index-url = ["file://{private}"]\nno-index = true\n',
        'no-index = true\nfind-links = ["{private}", "../private"]\n',
        '[[index]]\nurl = "{private}"\nformat = "flat"\ndefault = true\n',
        'index-url = "http://169.254.169.254/latest"\nallow-insecure-host = ["169.254.169.254"]\n',
        'index-url = "http://10.0.0.1/simple"\nkeyring-provider = "subprocess"\n',
        "index-url = 7\n",
        "[[index]\n",
    ],
)
def test_uv_toml_names_nothing_on_the_machine(machine: Machine, text: str) -> None:
    named = text.format(private=machine.wheel.parent)
    report = machine.run({"pyproject.toml": PROJECT, "uv.lock": LOCK, "uv.toml": named})
    assert report.proposals == ()
    assert report.problems != ()
    assert CANARY not in repr(report)


# --- credentials ----------------------------------------------------------------------------------


@pytest.fixture
def indexes() -> Iterator[tuple[IndexServer, IndexServer]]:
    """The operator's private index, and one of a stranger."""
    with IndexServer() as own, IndexServer() as strange:
        own.release("alpha", "1.0")
        strange.release("alpha", "1.0")
        yield own, strange


def give_credentials(machine: Machine, own: IndexServer, patch: pytest.MonkeyPatch) -> None:
    """In the file of the operator for one prefix; and in variables that uv would follow by an index's name."""
    entry = {"prefix": own.url, "username": "reader", "password": "hush-hush"}
    path = machine.folder / "credentials.toml"
    path.write_text("[[credentials]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in entry.items()))
    patch.setenv("LOCKBOT_INDEX_CREDENTIALS", str(path))
    patch.setenv("UV_INDEX_CORP_USERNAME", "reader")
    patch.setenv("UV_INDEX_CORP_PASSWORD", "hush-hush")
    machine.settings = read_settings()


def named_corp(url: str) -> dict[str, str]:
    table = f'\n[[tool.uv.index]]\nname = "corp"\nurl = "{url}"\ndefault = true\n'
    return {"pyproject.toml": PROJECT + table, "uv.lock": LOCK}


def test_an_operators_credential_goes_to_its_own_prefix(
    machine: Machine, indexes: tuple[IndexServer, IndexServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    own, _ = indexes
    give_credentials(machine, own, monkeypatch)
    assert len(machine.run(named_corp(own.url)).proposals) == 1
    assert any(one.startswith("Basic ") for one in own.authorizations)


def test_an_index_of_the_same_name_elsewhere_gets_no_credential(
    machine: Machine, indexes: tuple[IndexServer, IndexServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    own, strange = indexes
    give_credentials(machine, own, monkeypatch)
    assert len(machine.run(named_corp(strange.url)).proposals) == 1
    assert strange.authorizations == {""}
    assert own.authorizations == set()
