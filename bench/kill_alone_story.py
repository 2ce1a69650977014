"""What ``bench/kill_alone.py`` kills, and what has happened to a repository by then: drawn from a seed, so that twins have
the same behind them."""

from __future__ import annotations

import json
import random
import re
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from bot.report.answers import RETIRED_MARK
from bot.report.commands import answer_mark
from tests.github.model import Comment, Pull, Repository
from tests.github.tokens import give_app_token, give_classic_token, give_person_token, give_workflow_token
from tests.github.world import PERMISSIONS
from tests.runs.publishing import Desk, Done, open_pulls

WRITER, OWNER, STRANGER = "ada", "octo", "mallory"
#: Whose token is used, where it is a person's.
MACHINE = "machine"
COMMANDS = (
    "/lockbot rebase",
    "/lockbot help",
    "/lockbot dance",
    "/lockbot explain beta",
    "/lockbot ignore beta",
    "/lockbot ignore this version",
    "/lockbot recreate",
    "/lockbot pause",
)
_CONFIGURATIONS = (
    '{"prConcurrentLimit": 1}',
    '{"enabled": false}',
    '{"labels": ["deps"]}',
    '{"dependencyDashboard": false}',
)


@dataclass(frozen=True, kw_only=True)
class Errand:
    """A command, and with ``event`` what it obeys: of a twin's story, at a place in it."""

    name: str
    event: int | None = None


@dataclass
class Site:
    """A repository, and who publishes there: ``token``, or what ``more`` says to the environment. ``events`` are what a
    workflow would have been told of: name and payload."""

    desk: Desk
    repository: Repository
    token: str | None
    login: str
    more: Mapping[str, str] = field(default_factory=dict)
    ways: str = "--pull-requests"
    told: list[str] = field(default_factory=list)
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def run_here(self) -> Done:
        return self.do_here(Errand(name=f"run {self.ways}"))

    def do_here(self, errand: Errand) -> Done:
        return self.desk.call_here(*self._words(errand), token=self.token, more=self.more)

    def begin(self, errand: Errand) -> AbstractContextManager[subprocess.Popen[str]]:
        return self.desk.begin(*self._words(errand), token=self.token, more=self.more)

    def _words(self, errand: Errand) -> Sequence[str]:
        name = self.repository.full_name
        if errand.event is None:
            return ("run", str(self.desk.folder), self.ways, "--repository", name)
        kind, payload = self.events[errand.event]
        file = self.desk.folder / f"event-{self.repository.id}.json"
        file.write_text(json.dumps(payload))
        return ("obey", str(self.desk.folder), "--event", str(file), "--event-name", kind, "--repository", name)

    def hear(self, event: str) -> None:
        """What was told of last is something that a workflow begins with."""
        name, payload = self.desk.hub.told[-1]
        assert name in (event, "pull_request", "issues"), f"told of {name}"
        told = {key: value for key, value in json.loads(json.dumps(payload)).items() if key != "installation"}
        self.events.append(("pull_request_target" if name == "pull_request" else name, told))

    # --- what there is at the end ---------------------------------------------------------------------

    def show(self) -> list[str]:
        """All that people can see, without what can't be the same twice: names of commits and of comments."""
        return [self._plain(line) for text in self._list() for line in text.splitlines()]

    def _list(self) -> Iterator[str]:
        git = self.repository.git
        for name, head in sorted(git.refs("refs/").items()):
            signed = "verified" if head in self.repository.verified else "not verified"
            yield f"{name}: {signed}, {len(git.log(head))} commits\n{json.dumps(git.files(head), indent=1)}"
        threads = (*self.repository.pulls.values(), *self.repository.issues.values())
        for one in sorted(threads, key=lambda one: one.number):
            kind = f"{one.head} -> {one.base}" if isinstance(one, Pull) else "issue"
            yield f"#{one.number} {kind} {one.state} by {one.author.login}: {one.title} {one.labels}\n{one.body}"
            comments = self.desk.hub.comments_on(self.repository, one.number)
            for comment in (said for said in comments if not _may_be_missing(said, comments)):
                yield f"  {comment.author.login} {comment.reactions}: {comment.body}"
        yield from sorted(
            f"check {one.name} {one.conclusion}: {one.summary}" for one in self.repository.checks.values()
        )

    def _plain(self, line: str) -> str:
        line = line.replace(self.repository.full_name, "octo/app")
        return re.sub(r"\b[0-9a-f]{40}\b", "<commit>", re.sub(r"(answer to )\d+", r"\1<comment>", line))

    def find_faults(self) -> Iterator[str]:
        """What holds of every repository, twin or not."""
        there = list(self.repository.open_pulls())
        for branch in {one.head for one in there}:
            if sum(one.head == branch for one in there) > 1:
                yield f"several pull requests for {branch}"
        boards = [
            one for one in self.repository.issues.values() if (one.author.login, one.state) == (self.login, "open")
        ]
        if len(boards) > 1:
            yield f"{len(boards)} dashboards"
        said = Counter(
            (one.issue, mark)
            for one in self.repository.comments.values()
            for mark in re.findall(r"<!-- lockbot: answer to .+? -->", one.body)
        )
        yield from (f"said several times on #{number}: {mark}" for (number, mark), times in said.items() if times > 1)
        for name in self.repository.git.refs("refs/heads/"):
            branch = name.removeprefix("refs/heads/")
            if "lockbot-writing" in name:
                yield f"{name} is left"
            if self.ways == "--pull-requests" and branch not in (
                "main",
                *(one.head for one in self.repository.pulls.values()),
            ):
                yield f"{branch} is orphaned"
        if self.ways == "--pull-requests":
            yield from self._find_unheard(there)

    def _find_unheard(self, there: Sequence[Pull]) -> Iterator[str]:
        for one in (*there, *self.repository.issues.values()):
            yield from (
                f"nobody obeys {box} on #{one.number}" for box in re.findall(r"- \[x\] (<!-- [^>]+ -->)", one.body)
            )
        for comment in self.repository.comments.values():
            if [word for login, word in comment.reactions if login == self.login] == ["eyes"]:
                yield f"nobody ends {comment.body!r} on #{comment.issue}"


def _may_be_missing(said: Comment, comments: Sequence[Comment]) -> bool:
    """An answer to what was done when the kill came: to a box that is gone with what it was about, or on a pull request that
    was closed by the order itself, with a sentence of its own."""
    is_closed_so = any(RETIRED_MARK in one.body for one in comments)
    return answer_mark(None) in said.body or (is_closed_so and "lockbot: answer to" in said.body)


# --- who publishes ----------------------------------------------------------------------------------


def _as_workflow(desk: Desk, repository: Repository) -> Site:
    return Site(desk, repository, give_workflow_token(desk.hub, repository), "github-actions[bot]")


def _as_person(desk: Desk, repository: Repository) -> Site:
    desk.hub.add_collaborator(repository, MACHINE, "write")
    return Site(desk, repository, give_person_token(desk.hub, repository, MACHINE), MACHINE)


def _as_classic(desk: Desk, repository: Repository) -> Site:
    desk.hub.add_collaborator(repository, MACHINE, "write")
    return Site(desk, repository, give_classic_token(desk.hub, MACHINE), MACHINE)


def _as_app_token(desk: Desk, repository: Repository) -> Site:
    return Site(desk, repository, give_app_token(desk.hub, repository, PERMISSIONS), desk.hub.app.bot.login)


def _as_app(desk: Desk, repository: Repository) -> Site:
    desk.hub.install(repository)
    more = {"LOCKBOT_APP_ID": str(desk.hub.app.id), "LOCKBOT_PRIVATE_KEY": desk.hub.private_key}
    return Site(desk, repository, None, desk.hub.app.bot.login, more)


def make_site(desk: Desk, chance: random.Random) -> Site:
    make = chance.choice((_as_workflow, _as_workflow, _as_person, _as_classic, _as_app_token, _as_app))
    site = make(desk, desk.add_repository())
    desk.hub.add_collaborator(site.repository, WRITER, "write")
    if chance.random() < 0.15:
        site.ways = "--push"
    return site


# --- what has happened ------------------------------------------------------------------------------


def prepare(site: Site, chance: random.Random) -> None:
    if chance.random() < 0.2:
        site.told.append("new")
        return
    site.run_here()
    for _ in range(chance.randint(1, 4)):
        act = chance.choice(_ACTS)
        # Drawn, whether there is something to be done or not.
        done = act(site, random.Random(chance.random()))
        if done:
            site.told.append(done)


def meddle(site: Site, chance: random.Random) -> str:
    """Somebody does something that makes of what is proposed something else, or nothing."""
    acts = [_catch_up, _bump, _close, _merge, _configure]
    return next((f"meanwhile {told}" for act in chance.sample(acts, len(acts)) if (told := act(site, chance))), "")


def draw_errand(site: Site, chance: random.Random) -> Errand:
    if site.events and site.ways == "--pull-requests" and chance.random() < 0.5:
        number = chance.randrange(len(site.events))
        return Errand(name=f"obey {site.events[number][0]}", event=number)
    return Errand(name=f"run {site.ways}")


def _bump(site: Site, _: random.Random) -> str:
    files = _read(site)
    changed = {
        name: files[name].replace('version = "0.1.0"', 'version = "0.1.1"') for name in ("pyproject.toml", "uv.lock")
    }
    return _push(site, changed, "base moved")


def _catch_up(site: Site, _: random.Random) -> str:
    index, lock = site.desk.index, _read(site)["uv.lock"]
    before, after = index.describe("beta", "1.0"), index.describe("beta", "1.1")
    if before not in lock:
        return ""
    lock = lock.replace('name = "beta"\nversion = "1.0"', 'name = "beta"\nversion = "1.1"').replace(before, after)
    return _push(site, {"uv.lock": lock}, "base caught up")


def _configure(site: Site, chance: random.Random) -> str:
    text = chance.choice(_CONFIGURATIONS)
    return _push(site, {".lockbot.json": text}, f"configuration {text}")


def _push(site: Site, files: Mapping[str, str], told: str) -> str:
    site.desk.hub.push(site.repository, dict(files), login=WRITER)
    return told


def _read(site: Site) -> dict[str, str]:
    base = site.repository.git.branch("main")
    assert base is not None
    return site.repository.git.files(base)


def _choose(site: Site, chance: random.Random) -> Pull | None:
    there = sorted(open_pulls(site.repository).values(), key=lambda one: one.number)
    return chance.choice(there) if there else None


def _move(site: Site, chance: random.Random) -> str:
    pull = _choose(site, chance)
    if pull is None:
        return ""
    site.desk.hub.push(site.repository, {"fix.py": "x = 1\n"}, branch=pull.head, login=WRITER)
    return f"#{pull.number} moved"


def _close(site: Site, chance: random.Random) -> str:
    pull = _choose(site, chance)
    if pull is None:
        return ""
    site.desk.hub.close(site.repository, pull.number, login=WRITER)
    site.hear("pull_request")
    return f"#{pull.number} closed"


def _merge(site: Site, chance: random.Random) -> str:
    pull, base = _choose(site, chance), site.repository.git.branch("main")
    if pull is None or base is None or not site.repository.git.is_ancestor(base, pull.head_sha):
        return ""
    site.desk.hub.merge(site.repository, pull.number, login=WRITER)
    return f"#{pull.number} merged"


def _comment(site: Site, chance: random.Random) -> str:
    threads = [*site.repository.pulls.values(), *site.repository.issues.values()]
    if not threads:
        return ""
    one = chance.choice(sorted(threads, key=lambda one: one.number))
    login, text = chance.choice((WRITER, WRITER, OWNER, STRANGER)), chance.choice(COMMANDS)
    site.desk.hub.comment(site.repository, one.number, text, login=login)
    site.hear("issue_comment")
    return f"{login} on #{one.number}: {text}"


def _tick(site: Site, chance: random.Random) -> str:
    threads = [
        one for one in (*open_pulls(site.repository).values(), *site.repository.issues.values()) if one.state == "open"
    ]
    boxes = [
        (one, found)
        for one in sorted(threads, key=lambda one: one.number)
        for found in re.findall(r"- \[ \] (<!-- lockbot-box: [^>]+ -->)", one.body)
    ]
    if not boxes:
        return ""
    one, box = chance.choice(boxes)
    site.desk.hub.tick(site.repository, one.number, box, login=WRITER)
    site.hear("issues")
    return f"ticked on #{one.number}: {box}"


_ACTS: Sequence[Callable[[Site, random.Random], str]] = (
    _bump,
    _catch_up,
    _configure,
    _move,
    _close,
    _merge,
    *[_comment] * 5,
    *[_tick] * 3,
)
