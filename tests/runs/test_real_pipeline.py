"""``lockbot serve`` itself, with the real pipeline, an index on loopback and the stand-in for GitHub: good and bad input.

All in one file, so that one server is started for all of them, on however many workers the tests run.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.work.publishing.body_block import Block, find_block
from tests.github import Hub
from tests.github.model import CheckRun, Pull, Release, Repository
from tests.github.rendering import render
from tests.real_uv import need_uv
from tests.runs.index_server import IndexServer
from tests.runs.server import Server, eventually

MANIFEST = """\
[project]
name = "app"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = [
    "alpha==1.0",  # the comment stays
    "beta>=1.0,<2",
]

[[tool.uv.index]]
url = "{url}"
default = true
"""

HEAD = """\
version = 1
revision = 3
requires-python = ">=3.11"

"""

LOCKED = """\
[[package]]
name = "{name}"
version = "{version}"
source = {{ registry = "{url}" }}
{more}wheels = [
    {wheel},
]

"""

APP = """\
[[package]]
name = "app"
version = "0.1.0"
source = { virtual = "." }
dependencies = [
    { name = "alpha" },
    { name = "beta" },
]

[package.metadata]
requires-dist = [
    { name = "alpha", specifier = "==1.0" },
    { name = "beta", specifier = ">=1.0,<2" },
]

"""


@dataclass
class Scene:
    hub: Hub
    index: IndexServer
    server: Server

    def add_repository(self, name: str, owner: str = "octo") -> Repository:
        files = {"pyproject.toml": MANIFEST.format(url=self.index.url), "uv.lock": self.make_lock()}
        return self.hub.add_repository(f"{owner}/{name}", files)

    def make_lock(self) -> str:
        packages = [
            LOCKED.format(
                url=self.index.url, name=name, version="1.0", wheel=self.index.describe(name, "1.0"), more=more
            )
            for name, more in (("alpha", 'dependencies = [\n    { name = "gamma" },\n]\n'), ("beta", ""), ("gamma", ""))
        ]
        return HEAD + packages[0] + APP + packages[1] + packages[2].rstrip("\n") + "\n"

    def install(self, repository: Repository, *others: Repository) -> dict[str, Pull]:
        self.hub.install(repository, *others)
        self.server.settle()
        return {one.head: one for one in repository.open_pulls()}


@pytest.fixture
def scene(real_server: Server) -> Iterator[Scene]:
    with IndexServer() as index:
        for name, version, *requirements in (("alpha", "1.0", "gamma>=1"), ("beta", "1.0"), ("gamma", "1.0")):
            index.release(name, version, *requirements)
        yield Scene(real_server.hub, index, real_server)


def test_from_installation_to_pull_requests_and_on(scene: Scene) -> None:
    repository = scene.add_repository("app")
    scene.index.release("alpha", "1.2", "gamma>=1")
    pulls = scene.install(repository)
    pull = pulls["lockbot/non-major"]
    files = repository.git.files(pull.head_sha)
    assert '"alpha==1.2",  # the comment stays' in files["pyproject.toml"]
    assert 'name = "alpha"\nversion = "1.2"' in files["uv.lock"]
    assert (pull.title, pull.labels) == ("Update alpha to 1.2", ["dependencies"])
    assert "`1.0` → `1.2`" in pull.body
    assert repository.git.diff(pull.base_sha, pull.head_sha) == [("M", "pyproject.toml"), ("M", "uv.lock")]

    (dashboard,) = repository.issues.values()
    assert f"[Update alpha to 1.2](../pull/{pull.number})" in dashboard.body
    assert (
        "<code>pyproject.toml</code> (project, locked in <code>uv.lock</code>): 2 packages, 1 behind" in dashboard.body
    )
    assert "| alpha | `==1.0` | `1.0` | `1.2` | minor, 0 days |" in dashboard.body
    assert "1 of 2 direct packages (1 by a minor)" in dashboard.body

    first = pull.head_sha
    base = scene.hub.push(repository, {"readme.md": "hello", "app.py": "print()\n"})
    scene.server.settle()
    assert pull.head_sha == first

    scene.index.release("alpha", "1.3", "gamma>=1")
    comment = scene.hub.comment(repository, pull.number, "/lockbot rebase", login="octo")
    scene.server.settle()
    assert "alpha==1.3" in repository.git.files(pull.head_sha)["pyproject.toml"]
    assert repository.git.read_commit(pull.head_sha).parents == (base,)
    assert pull.title == "Update alpha to 1.3"
    assert [content for _, content in comment.reactions] == ["eyes", "+1"]

    scene.hub.merge(repository, pull.number, login="octo")
    scene.server.settle()
    assert repository.git.branch("lockbot/non-major") is None
    assert len([one for one in repository.pulls.values() if one.head == "lockbot/non-major"]) == 1


def test_what_the_index_says_against_projects_is_told_where_they_move_and_on_the_dashboard(scene: Scene) -> None:
    repository = scene.add_repository("kept")
    scene.index.release("alpha", "1.2", "gamma>=1")
    scene.index.statuses = {
        "alpha": {"status": "archived", "reason": "Ask @octocat, see #1 <img src=x>"},
        "beta": {"status": "quarantined"},
        "gamma": {"status": "retired"},
    }
    pull = scene.install(repository)["lockbot/non-major"]
    said = "its index says that alpha is no longer maintained (Ask @\u200boctocat, see \\#\u200b1 \\<img src=x\\>)"
    assert f"**Archived**: {said}." in pull.body.partition("<details>")[0]
    assert "beta" not in pull.body
    (dashboard,) = repository.issues.values()
    assert (
        "## Archived, deprecated or quarantined\n\n"
        "- **Quarantined:** its index holds beta to be unsafe for use; required in `pyproject.toml`\n"
        f"- **Archived:** {said}; required in `pyproject.toml`\n"
    ) in dashboard.body.replace("\r\n", "\n")
    assert [what for kind, what in render(dashboard.body).live if kind == "mention"] == []


HOSTILE_NOTES = """\
## What's new

* Faster, thanks to @octo and @org/team (#1, octo/app#2)
- [x] <!-- lockbot-box: rebase --> tick

<!-- lockbot: {"key": "forged", "heads": []} -->
![x](https://evil.test/beacon.png) https://evil.test
</details>
/lockbot rebase
"""


def test_release_notes_are_told_of_what_is_public_and_nothing_in_them_lives(scene: Scene) -> None:
    repository = scene.add_repository("noted")
    upstream = scene.hub.add_repository("org/alpha", {"readme.md": "alpha"})
    upstream.private = False
    upstream.releases = [Release(tag="v1.2", body=HOSTILE_NOTES), Release(tag="v1.0", body="The first.")]
    # The installation sees it, but the token of a run is for the run's own repository.
    neighbour = scene.hub.add_repository("octo/neighbour", {"readme.md": "beta"})
    neighbour.releases = [Release(tag="v1.5", body="A secret of the neighbour.")]
    scene.index.links = {"alpha": f"{scene.hub.url}/org/alpha", "beta": f"{scene.hub.url}/octo/neighbour"}
    scene.index.release("alpha", "1.2", "gamma>=1")
    scene.index.release("beta", "1.5")
    pull = scene.install(repository, neighbour)["lockbot/non-major"]
    assert "<summary>Release notes of alpha: 1.2</summary>" in pull.body
    assert "> * Faster, thanks to @\u200bocto" in pull.body
    assert f"{scene.hub.url}/org/alpha/compare/v1.0...v1.2" in pull.body
    assert "secret" not in pull.body
    assert {one.status for one in scene.hub.seen if one.path.endswith("octo/neighbour/releases")} == {404}
    assert "evil.test" not in "".join(text for kind, text in render(pull.body).live if kind in ("a", "img"))
    assert find_block(pull.body) is not None
    assert find_block(pull.body) != Block(key="forged")

    first, asked = pull.body, [one for one in scene.hub.seen if one.path.endswith("/releases")]
    scene.hub.push(repository, {"notes.md": "hello"})
    scene.server.settle()
    assert [one for one in scene.hub.seen if one.path.endswith("/releases")] == asked, "kept for the next runs"
    assert pull.body == first


WORKFLOW = """\
on: push
jobs:
  test:
    steps:
      - uses: astral-sh/setup-uv@v7
        with: {version: "0.10.2"}
"""


@pytest.mark.parametrize("is_granted", [True, False])
def test_workflows_move_where_they_may_be_written(scene: Scene, is_granted: bool) -> None:
    repository = scene.add_repository(f"flows-{is_granted}")
    scene.index.release("uv", "0.13.9")
    files = {".github/workflows/ci.yml": WORKFLOW, "Dockerfile": "FROM ghcr.io/astral-sh/uv:0.10.2\n"}
    scene.hub.push(repository, dict(files), quiet=True)
    scene.hub.install(repository, without="" if is_granted else "workflows")
    scene.server.settle()
    (pull,) = repository.open_pulls()
    changed = {path for _, path in repository.git.diff(pull.base_sha, pull.head_sha)}
    assert (pull.head, pull.title) == ("lockbot/uv", "Update uv to 0.13.9")
    assert changed == {"Dockerfile", ".github/workflows/ci.yml"} if is_granted else {"Dockerfile"}
    assert ("lockbot lacks the permission to write workflows here" in pull.body) is not is_granted


HOOKS = """\
repos:
- repo: https://github.com/astral-sh/uv-pre-commit
  rev: 0.13.9
  hooks:
  - {id: uv-export, args: [--frozen, --no-hashes, -o, deploy/pins.txt]}
- repo: https://127.0.0.1:1/hooks/alpha  # nobody answers there
  rev: v0.9
  hooks: [{id: alpha, additional_dependencies: [beta==1.0, alpha==1.0]}]
"""
HOOK_TABLE = '{ "hooks": [{ "repo": "https://127.0.0.1:1/hooks/alpha", "package": "alpha", "tag": "v{}" }] }'


def test_hooks_follow_their_lock(scene: Scene) -> None:
    repository = scene.add_repository("hooked")
    files = {".pre-commit-config.yaml": HOOKS, ".lockbot.json": HOOK_TABLE, "deploy/pins.txt": "alpha==1.0\n"}
    scene.hub.push(repository, dict(files), quiet=True)
    scene.index.release("alpha", "1.2", "gamma>=1")
    pull = scene.install(repository)["lockbot/non-major"]
    found = repository.git.files(pull.head_sha)
    wanted = HOOKS.replace("v0.9", "v1.2").replace("alpha==1.0", "alpha==1.2")
    assert found[".pre-commit-config.yaml"] == wanted
    header = "# This file was autogenerated by uv via the following command:\n#    uv export"
    pins = "alpha==1.2\n    # via app\nbeta==1.0\n    # via app\ngamma==1.0\n    # via alpha\n"
    assert found["deploy/pins.txt"] == f"{header} --frozen --no-hashes -o deploy/pins.txt\n{pins}"


def test_a_batch_of_exports_follows_its_lock(scene: Scene) -> None:
    repository = scene.add_repository("batched")
    header = "# This file was autogenerated by uv via the following command:\n#    uv export --no-hashes --batch ci/all.toml\n"
    files = {
        "ci/all.toml": '[[export]]\noutput-file = "../deploy/requirements.txt"\nno-default-groups = true\n',
        "deploy/requirements.txt": f"{header}alpha==1.0\n",
    }
    scene.hub.push(repository, dict(files), quiet=True)
    scene.index.release("alpha", "1.2", "gamma>=1")
    pull = scene.install(repository)["lockbot/non-major"]
    pins = "alpha==1.2\n    # via app\nbeta==1.0\n    # via app\ngamma==1.0\n    # via alpha\n"
    assert repository.git.files(pull.head_sha)["deploy/requirements.txt"] == f"{header}{pins}"


@pytest.mark.uv
def test_uv_accepts_every_lock_that_is_proposed(scene: Scene, tmp_path: Path) -> None:
    repository = scene.add_repository("checked")
    scene.index.release("alpha", "1.2", "gamma>=1.1")
    scene.index.release("gamma", "1.1")
    scene.index.release("beta", "2.0")
    pulls = scene.install(repository)
    assert len(pulls) >= 2
    for number, one in enumerate(pulls.values()):
        project = tmp_path / f"checked-{number}"
        project.mkdir()
        for path, text in repository.git.files(one.head_sha).items():
            (project / path).write_text(text)
        command = [need_uv(), "lock", "--check", "--no-cache", "--project", str(project)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_a_broken_file_does_not_stop_the_rest(scene: Scene) -> None:
    repository = scene.add_repository("partly")
    scene.hub.push(repository, {"other/pyproject.toml": "[project\n"}, quiet=True)
    scene.index.release("alpha", "1.2", "gamma>=1")
    assert "lockbot/non-major" in scene.install(repository)
    (check,) = repository.base_checks
    assert check.conclusion == "neutral"
    assert [(one["path"], one["start_line"]) for one in check.annotations] == [("other/pyproject.toml", 1)]


def test_a_configuration_with_a_mistake_is_reported_with_its_line(scene: Scene) -> None:
    repository = scene.add_repository("config")
    scene.index.release("alpha", "1.2", "gamma>=1")
    scene.hub.push(repository, {".lockbot.json": '{\n  "enabledd": true\n}\n'}, quiet=True)
    assert scene.install(repository) == {}
    (check,) = eventually(lambda: repository.base_checks, "a check run")
    assert [(one["path"], one["start_line"]) for one in check.annotations] == [(".lockbot.json", 2)]
    assert "enabledd" in check.summary


def test_a_notebook_is_updated_and_another_bot_told_of_once(scene: Scene) -> None:
    settings = f'# [[tool.uv.index]]\n# url = "{scene.index.url}"\n# default = true\n'
    cell = f'# /// script\n# dependencies = ["alpha==1.0"]\n{settings}# ///'
    notebook = json.dumps({"cells": [{"cell_type": "code", "source": cell, "outputs": ["\u00e9 alpha==1.0"]}]})
    files: dict[str, str | None] = {
        "nbs/report.ipynb": notebook,
        "nbs/.ipynb_checkpoints/report.ipynb": notebook,
        "renovate.json": "{}",
    }
    repository = scene.add_repository("two-bots")
    scene.hub.push(repository, files, quiet=True)
    scene.index.release("alpha", "1.2", "gamma>=1")
    scene.index.release("beta", "2.0")
    pulls = scene.install(repository)
    after = repository.git.files(pulls["lockbot/non-major"].head_sha)
    assert after["nbs/report.ipynb"] == notebook.replace('"alpha==1.0\\"', '"alpha==1.2\\"')
    assert after["nbs/.ipynb_checkpoints/report.ipynb"] == notebook
    scene.hub.push(repository, {"beta.py": "import beta\n"})
    scene.server.settle()
    told = [one.body for one in repository.comments.values()]
    assert len(pulls) == 2
    assert [text.partition(" too")[0] for text in told] == ["Renovate updates `pyproject.toml`"]


TEAM = """{
  "extends": [":semanticCommits"],
  "packageRules": [
    { "packageNames": ["alpha", "gamma"], "minimumReleaseAge": "9 years" },
    { "matchManagers": ["npm"], "automerge": true }
  ]
}
"""


def test_presets_and_defaults_of_the_account_hold_and_a_cooldown_is_obeyed(scene: Scene) -> None:
    app = scene.add_repository("app", "acme")
    presets = scene.hub.add_repository("acme/presets", {"team.json": TEAM})
    defaults = scene.hub.add_repository("acme/.github", {".lockbot.json": '{ "labels": ["acme"] }'})
    config = '{\n  "extends": ["local>acme/presets:team"],\n  "configMigration": true\n}\n'
    scene.hub.push(app, {".lockbot.json": config}, quiet=True)
    scene.index.release("alpha", "1.2", "gamma>=1")
    scene.index.release("beta", "1.5")
    scene.index.release("gamma", "1.4")
    (pull,) = scene.install(app, presets, defaults).values()
    assert (pull.title, pull.labels) == ("chore(deps): update beta to 1.5", ["acme"])
    lock = app.git.files(pull.head_sha)["uv.lock"]
    assert 'name = "gamma"\nversion = "1.0"' in lock
    assert "exclude-newer" not in lock
    (check,) = app.base_checks
    assert check.conclusion == "neutral"
    assert [(one["path"], one["start_line"]) for one in check.annotations] == [(".lockbot.json", 3)]


def test_a_preset_that_can_not_be_used_is_told_without_its_words(scene: Scene) -> None:
    app = scene.add_repository("app", "emca")
    secret = scene.hub.add_repository("emca/presets", {"default.json": '{ "swordfish": 1 }'})
    scene.hub.push(app, {".lockbot.json": '{\n  "extends": ["local>emca/presets"]\n}\n'}, quiet=True)
    scene.index.release("beta", "1.5")
    assert scene.install(app, secret) == {}
    (check,) = eventually(lambda: app.base_checks, "a check run")
    assert [(one["path"], one["start_line"]) for one in check.annotations] == [(".lockbot.json", 2)]
    assert "there is a mistake in it" in check.summary
    assert "swordfish" not in f"{check.summary} {check.annotations}"


@pytest.mark.crash
def test_a_worker_killed_while_it_publishes_finishes_after_its_restart(scene: Scene) -> None:
    repository = scene.add_repository("killed")
    scene.index.release("alpha", "1.2", "gamma>=1")
    (worker,) = eventually(scene.server.worker_ids, "the worker is there")
    scene.hub.after(r"POST .*/pulls$", lambda: os.kill(worker, signal.SIGKILL))
    scene.hub.install(repository)
    eventually(lambda: scene.server.worker_ids() not in ([], [worker]), "the worker is started again")
    scene.server.settle()
    assert [(one.head, one.labels) for one in repository.pulls.values()] == [("lockbot/non-major", ["dependencies"])]


# --- bad input of any kind ends as one clear sentence in a check run, and the server goes on -------------------------

BARE_MANIFEST = """\
[project]
name = "app"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = [{dependencies}]

[[tool.uv.index]]
url = "{url}"
default = true
"""


#: From before there were any dependencies: what is new in the manifest must be solved.
BARE_LOCK = """\
version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "app"
version = "0.1.0"
source = { virtual = "." }
"""


class Site:
    def __init__(self, hub: Hub, index: IndexServer) -> None:
        self.hub = hub
        self.index = index
        self.count = 0

    def manifest(self, *dependencies: str, url: str | None = None) -> str:
        listed = ", ".join(f'"{one}"' for one in dependencies)
        return BARE_MANIFEST.format(dependencies=listed, url=url or self.index.url)


@pytest.fixture(scope="module")
def bare(real_server: Server) -> Iterator[tuple[Server, Site]]:
    with IndexServer() as index:
        index.release("alpha", "1.0")
        yield real_server, Site(real_server.hub, index)


def check_of(server: Server, site: Site, files: dict[str, str]) -> CheckRun:
    site.count += 1
    repository = site.hub.add_repository(f"octo/bad-{site.count}", files)
    site.hub.install(repository)
    server.settle()
    assert repository.pulls == {}
    (check,) = repository.base_checks
    return check


def test_broken_toml(bare: tuple[Server, Site]) -> None:
    one, site = bare
    check = check_of(one, site, {"pyproject.toml": '[project]\nname = "app\n'})
    assert [(row["path"], row["start_line"]) for row in check.annotations] == [("pyproject.toml", 2)]


def test_a_broken_lock(bare: tuple[Server, Site]) -> None:
    one, site = bare
    check = check_of(one, site, {"pyproject.toml": site.manifest("alpha"), "uv.lock": "version = 1\nrevision = [\n"})
    assert [row["path"] for row in check.annotations] == ["uv.lock"]


@pytest.mark.parametrize(
    ("dependency", "words"),
    [("nowhere>=1", "nowhere"), ("alpha>=9", "alpha"), ("alpha==1.0 ; python_version <", "pyproject.toml")],
)
def test_requirements_that_can_not_be_met(bare: tuple[Server, Site], dependency: str, words: str) -> None:
    one, site = bare
    check = check_of(one, site, {"pyproject.toml": site.manifest(dependency), "uv.lock": BARE_LOCK})
    assert words in check.summary
    assert check.conclusion == "neutral"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://127.0.0.1:9/simple", "127.0.0.1:9"),
        ("http://10.255.255.1/simple", "not a public address"),
        ("http://169.254.169.254/latest", "not a public address"),
        ("file:///etc", "must be http(s) addresses"),
        ("not a url", "is a folder"),
    ],
)
def test_an_index_that_can_not_be_used(bare: tuple[Server, Site], url: str, words: str) -> None:
    one, site = bare
    check = check_of(one, site, {"pyproject.toml": site.manifest("alpha", url=url), "uv.lock": BARE_LOCK})
    assert words in check.summary, check.summary
    assert check.conclusion == "neutral"
