"""Pull requests that anybody may have written, judged as a worker judges them: no credential, and nothing that one opened.

The index, the judge and git are those of a worker; only the forge is left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bot.app.solving import open_solving
from bot.app.work import Solving
from bot.ports.judging import CommitReport, JudgeRequest, Standing
from bot.ports.presets import PresetFile
from bot.ports.run import ConfigText, Sha
from bot.settings import read_settings
from tests.loopback import Answer, Asked
from tests.runs.index_server import IndexServer
from tests.runs.local_repository import NOW, LocalRepository

PROJECT = """\
[project]
name = "app"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = ["hushpackage"]

[[tool.uv.index]]
name = "corp"
url = "{url}"
default = true
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


class ClosedIndex(IndexServer):
    """Lets in whom it is shown a credential by; ``hides``: others are told that there is nothing."""

    hides = False
    refused = 0

    def answer(self, asked: Asked) -> Answer:
        if asked.headers.get("authorization"):
            return super().answer(asked)
        self.refused += 1
        return Answer(status=404 if self.hides else 401)


@dataclass
class Presets:
    """Counts who asks for what."""

    account: str = "octo"
    asked: list[PresetFile] = field(default_factory=list)

    def find(self, file: PresetFile) -> str | None:
        self.asked.append(file)
        return '{ "labels": ["hush-label"] }'

    def find_defaults(self) -> tuple[str, str] | None:
        return None


@dataclass
class Bench:
    folder: Path
    index: ClosedIndex
    solving: Solving
    presets: Presets = field(default_factory=Presets)

    def request(self, files: Mapping[str, str], *, is_stranger: bool, touched: frozenset[str]) -> JudgeRequest:
        root = self.folder / f"repository-{len(list(self.folder.iterdir()))}"
        root.mkdir()
        repository = LocalRepository(folder=root)
        repository.git("init", "-q", "-b", "main")
        return JudgeRequest(
            root=root,
            commit=Sha(repository.commit(files)),
            now=NOW,
            repository="octo/app",
            policy=ConfigText(path=".lockbot.json", text="{}"),
            touched=touched,
            is_stranger=is_stranger,
            presets=self.presets,
        )

    def judge(self, files: Mapping[str, str], *, is_stranger: bool) -> CommitReport:
        return self.solving.judge.judge(self.request(files, is_stranger=is_stranger, touched=frozenset(files)))


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """A worker whose operator has a credential for an index that lets nobody else in."""
    with ClosedIndex() as index:
        index.release("hushpackage", "1.0", "hushdependency")
        index.release("hushdependency", "7.7")
        index.age = 600
        entry = {"prefix": index.root, "username": "reader", "password": "hush-hush"}
        credentials = tmp_path / "credentials.toml"
        rows = "".join(f"{key} = {json.dumps(value)}\n" for key, value in entry.items())
        credentials.write_text(f"[[credentials]]\n{rows}")
        monkeypatch.setenv("LOCKBOT_INDEX_CREDENTIALS", str(credentials))
        monkeypatch.setenv("LOCKBOT_CACHE_DIR", str(tmp_path / "cache"))
        monkeypatch.setenv("LOCKBOT_ALLOW_PRIVATE_NETWORK", "127.0.0.0/8")
        with open_solving(read_settings()) as solving:
            yield Bench(tmp_path, index, solving)


def files_for(bench: Bench) -> dict[str, str]:
    return {"pyproject.toml": PROJECT.format(url=bench.index.url), "uv.lock": LOCK}


@pytest.mark.parametrize("hides", [False, True])
def test_a_forks_manifest_that_names_the_private_index_learns_nothing(bench: Bench, hides: bool) -> None:
    bench.index.hides = hides
    trusted = bench.judge(files_for(bench), is_stranger=False)
    assert [one.standing for one in trusted.verdicts] == [Standing.STALE]
    assert "hushdependency" in trusted.verdicts[0].patch, "the worker has it in memory and on its disk now"
    bench.index.authorizations.clear()

    report = bench.judge(files_for(bench), is_stranger=True)
    (verdict,) = report.verdicts
    assert verdict.standing is Standing.UNKNOWN, "neutral, whatever the index hides"
    assert bench.index.refused > 0, "it was asked, without a credential"
    assert bench.index.authorizations == set()
    assert "hushdependency" not in repr(report)
    assert "7.7" not in repr(report)


def test_relocking_a_strangers_pull_request_uses_no_credential_either(bench: Bench) -> None:
    bench.judge(files_for(bench), is_stranger=False)
    bench.index.authorizations.clear()
    request = bench.request(files_for(bench), is_stranger=True, touched=frozenset({"pyproject.toml"}))
    done = bench.solving.judge.relock(request)
    assert done.files == ()
    assert done.problems != ()
    assert bench.index.authorizations == set()
    assert "hushdependency" not in repr(done)


def test_what_a_stranger_was_told_is_not_taken_for_the_truth(bench: Bench) -> None:
    """The other way round: that it was let in nowhere is nothing that a writer's pull request is told."""
    bench.index.hides = True
    bench.judge(files_for(bench), is_stranger=True)
    report = bench.judge(files_for(bench), is_stranger=False)
    assert [one.standing for one in report.verdicts] == [Standing.STALE]


def test_a_strangers_own_index_is_shown_no_credential(bench: Bench) -> None:
    with IndexServer() as strange:
        strange.release("hushpackage", "1.0")
        files = {**files_for(bench), "pyproject.toml": PROJECT.format(url=strange.url)}
        bench.judge(files, is_stranger=True)
        assert strange.authorizations == {""}
        assert bench.index.authorizations == set()


def test_a_strangers_configuration_reads_nothing_of_other_repositories(bench: Bench) -> None:
    config = '{ "extends": ["local>octo/secret-presets"] }'
    report = bench.judge({**files_for(bench), ".lockbot.json": config}, is_stranger=True)
    assert report.config is not None
    assert bench.presets.asked == []
    assert "hush-label" not in repr(report)


def test_a_configuration_of_a_pull_request_changes_no_policy(bench: Bench) -> None:
    """It hides its manifest, and lists itself for ``autoRelock``."""
    config = '{ "ignorePaths": ["**"], "autoRelock": ["eve"], "enabled": false }'
    report = bench.judge({**files_for(bench), ".lockbot.json": config}, is_stranger=True)
    assert [one.path for one in report.verdicts] == ["uv.lock"]
    assert (report.enabled, report.relocked_for) == (True, ())


# --- paths ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "settings",
    [
        '[tool.uv.sources]\nhushpackage = {{ path = "../../../../etc" }}\n',
        '[tool.uv.sources]\nhushpackage = {{ path = "{cache}" }}\n',
        '[tool.uv.sources]\nhushpackage = {{ url = "file://{cache}/a-1.0-py3-none-any.whl" }}\n',
        '[tool.uv.sources]\nhushpackage = {{ git = "file://{cache}" }}\n',
        '[tool.uv.sources]\nhushpackage = {{ git = "https://127.0.0.1/a.git" }}\n',
        '[tool.uv.workspace]\nmembers = ["../*"]\n',
        '[tool.uv]\nfind-links = ["{cache}"]\nno-index = true\n',
    ],
)
def test_a_strangers_manifest_names_nothing_on_the_machine(bench: Bench, settings: str) -> None:
    cache = bench.folder / "cache"
    manifest = PROJECT.format(url=bench.index.url) + settings.format(cache=cache)
    report = bench.judge({"pyproject.toml": manifest, "uv.lock": LOCK}, is_stranger=True)
    assert Standing.STALE not in {one.standing for one in report.verdicts}
    assert Standing.RIGHT not in {one.standing for one in report.verdicts}


def test_a_lock_that_is_a_link_is_neither_read_nor_written(bench: Bench) -> None:
    request = bench.request(files_for(bench), is_stranger=True, touched=frozenset({"uv.lock"}))
    repository = LocalRepository(folder=request.root)
    (request.root / "uv.lock").unlink()
    (request.root / "uv.lock").symlink_to("../credentials.toml")
    repository.git("add", "-A")
    repository.git("commit", "-q", "-m", "a link")
    linked = replace(request, commit=Sha(repository.git("rev-parse", "HEAD").strip()), find_base=lambda _: LOCK)
    assert bench.solving.judge.judge(linked).verdicts == ()
    assert bench.solving.judge.relock(linked).files == ()


# --- size -----------------------------------------------------------------------------------------


def test_a_huge_manifest_is_not_known(bench: Bench) -> None:
    rows = "".join(f'"package-{number}",\n' for number in range(100_000))
    manifest = PROJECT.format(url=bench.index.url).replace('["hushpackage"]', f"[{rows}]")
    report = bench.judge({"pyproject.toml": manifest, "uv.lock": LOCK}, is_stranger=True)
    assert Standing.STALE not in {one.standing for one in report.verdicts}
    assert report.problems != ()


def test_of_many_locks_some_are_looked_at(bench: Bench) -> None:
    project = '[project]\nname = "app"\nversion = "0.1.0"\nrequires-python = ">=3.11"\n'
    files = {f"p{number}/pyproject.toml": project for number in range(150)}
    report = bench.judge(
        {**files, **{path.replace("pyproject.toml", "uv.lock"): LOCK for path in files}}, is_stranger=True
    )
    assert len(report.verdicts) == 100
    assert report.ended == "there are 150 locks, and a check looks at 100"
