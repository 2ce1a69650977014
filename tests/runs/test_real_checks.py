"""``lockbot serve`` itself, with the real judge, on people's pull requests: what is red, what is neutral, what mends it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.github import Hub
from tests.github.model import CheckRun, Pull, Repository
from tests.runs.index_server import IndexServer
from tests.runs.server import Server, with_real_pipeline
from tests.runs.test_real_pipeline import Scene

ASKS_FOR_MORE = '"alpha==1.0",  # the comment stays'


@dataclass
class Stage:
    scene: Scene

    def open(self, repository: Repository, files: dict[str, str | None], *, login: str = "octo") -> Pull:
        main = repository.git.branch("main")
        assert main is not None
        repository.git.update_ref("refs/heads/topic", main)
        self.scene.hub.push(repository, files, branch="topic", login=login, quiet=True)
        pull = self.scene.hub.open_pull(repository, "topic", login=login)
        self.scene.server.settle()
        return pull

    def check(self, repository: Repository, sha: str) -> CheckRun:
        found = [one for one in repository.checks.values() if (one.head_sha, one.name) == (sha, "lockbot")]
        newest = max(found, key=lambda one: one.id)
        assert newest.status == "completed"
        return newest


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """With a worker for checks alone, started by the command line as an operator's is."""
    folder = tmp_path_factory.mktemp("real-checks")
    (folder / "server").mkdir()
    with Hub(folder / "hub") as hub:
        allowed = {"LOCKBOT_ALLOW_PRIVATE_NETWORK": "127.0.0.0/8"}
        one = Server(hub, folder / "server", with_real_pipeline, checkers=1, more=allowed)
        one.start()
        try:
            yield one
        finally:
            code = one.stop()
        assert code == 0
        assert hub.find_mentioned() == (), "lockbot notified somebody"
        assert "Traceback" not in one.log(), one.log()


@pytest.fixture
def stage(server: Server) -> Iterator[Stage]:
    with IndexServer() as index:
        for name, version, *requirements in (("alpha", "1.0", "gamma>=1"), ("beta", "1.0"), ("gamma", "1.0")):
            index.release(name, version, *requirements)
        yield Stage(Scene(server.hub, index, server))


def test_a_manifest_without_its_lock_is_red_with_what_mends_it(stage: Stage) -> None:
    repository = stage.scene.add_repository("stale")
    stage.scene.install(repository)
    stage.scene.index.release("delta", "2.0")
    manifest = repository.git.files("refs/heads/main")["pyproject.toml"]
    more = manifest.replace(ASKS_FOR_MORE, f'{ASKS_FOR_MORE}\n    "delta",')
    pull = stage.open(repository, {"pyproject.toml": more})
    check = stage.check(repository, pull.head_sha)
    assert (check.conclusion, check.title) == ("failure", "uv.lock is out of date")
    assert '+name = "delta"' in check.summary
    assert "run `uv lock` and push the result, or comment `/lockbot relock`" in check.summary
    assert "### After the merge" in check.summary


def test_a_lock_that_is_right_is_green_and_the_plan_is_told(stage: Stage) -> None:
    repository = stage.scene.add_repository("right")
    stage.scene.install(repository)
    manifest = repository.git.files("refs/heads/main")["pyproject.toml"]
    stage.scene.index.release("alpha", "1.2", "gamma>=1")
    pull = stage.open(repository, {"pyproject.toml": manifest + "# more\n"})
    check = stage.check(repository, pull.head_sha)
    assert (check.conclusion, check.title) == ("success", "uv.lock is what its requirements resolve to")
    assert "* Update alpha to 1.2" in check.summary


def test_a_configuration_is_annotated_and_previewed_and_not_obeyed(stage: Stage) -> None:
    repository = stage.scene.add_repository("configured")
    stage.scene.index.release("alpha", "1.2", "gamma>=1")
    stage.scene.install(repository)
    pull = stage.open(repository, {".lockbot.json": '{\n  "ignorePaths": ["**"],\n  "lables": ["x"]\n}\n'})
    check = stage.check(repository, pull.head_sha)
    assert (check.conclusion, check.title) == ("failure", ".lockbot.json can't be used")
    assert [(one["path"], one["start_line"]) for one in check.annotations] == [(".lockbot.json", 3)]
    stage.scene.hub.push(repository, {".lockbot.json": '{ "ignoreDeps": ["alpha"] }'}, branch="topic", login="octo")
    stage.scene.server.settle()
    check = stage.check(repository, pull.head_sha)
    assert check.conclusion == "success"
    assert "### After the merge, with this configuration\n\nlockbot would propose nothing." in check.summary


def test_a_strangers_fork_is_neutral_about_an_index_besides_pypi(stage: Stage) -> None:
    repository = stage.scene.add_repository("forked")
    stage.scene.install(repository)
    fork = stage.scene.hub.fork(repository, "eve")
    main = fork.git.branch("main")
    assert main is not None
    fork.git.update_ref("refs/heads/topic", main)
    manifest = repository.git.files("refs/heads/main")["pyproject.toml"]
    more = manifest.replace(ASKS_FOR_MORE, f'{ASKS_FOR_MORE}\n    "delta",')
    stage.scene.hub.push(fork, {"pyproject.toml": more}, branch="topic", login="eve", quiet=True)
    pull = stage.scene.hub.open_pull(repository, "topic", login="eve", fork=fork)
    stage.scene.server.settle()
    check = stage.check(repository, pull.head_sha)
    assert (check.conclusion, check.title) == ("neutral", "uv.lock is not known to be right")
    assert "no credentials are used" in check.summary


def test_dependabots_stale_lock_is_mended_where_the_configuration_says_so(stage: Stage) -> None:
    repository = stage.scene.add_repository("mended")
    stage.scene.hub.push(repository, {".lockbot.json": '{ "autoRelock": ["dependabot[bot]"] }'})
    stage.scene.install(repository)
    stage.scene.index.release("beta", "1.5")
    manifest = repository.git.files("refs/heads/main")["pyproject.toml"]
    more = manifest.replace('"beta>=1.0,<2"', '"beta>=1.5,<2"')
    pull = stage.open(repository, {"pyproject.toml": more}, login="dependabot[bot]")
    stage.scene.server.settle()
    files = repository.git.files(pull.head_sha)
    assert 'name = "beta"\nversion = "1.5"' in files["uv.lock"]
    assert files["pyproject.toml"] == more
    assert "[dependabot skip]" in repository.git.read_commit(pull.head_sha).message
    assert stage.check(repository, pull.head_sha).conclusion == "success"
