"""A story for ``bench/kills.py``: what people do on a few repositories, drawn from a seed, and a record of what they did.

What happens is drawn beforehand; on what it happens (is there an open pull request?) is looked up at the moment itself.
A step that finds nothing to be done on does nothing.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from bench.kill_kinds import Kind
from tests.github import Hub
from tests.github.hub import name_request
from tests.github.model import Comment, Installation, Pull, Repository
from tests.github.webhooks import Delivery
from tests.github.wire import Reply, Request

CONFIG = ".lockbot.json"
WRITER, PERSON, STRANGER = "octo", "ada", "mallory"
REBASE, DANCE = "/lockbot rebase", "/lockbot dance"
BROKEN = '{"schedule": [,]}'


class WatchedHub(Hub):
    """Tells of every request of the API when it is done and not answered yet."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.asked: Callable[[str], None] = lambda _: None

    @property
    def still(self) -> AbstractContextManager[bool]:
        """While it is held, the API answers nobody."""
        return self._lock

    def send_again(self, delivery: Delivery) -> None:
        self._outbox.put(delivery)

    def answer(self, request: Request) -> Reply:
        reply = super().answer(request)
        self.asked(name_request(request))
        return reply


@dataclass(frozen=True, kw_only=True)
class Moved:
    """``sha`` was put on lockbot's branch by a person; ``doubtful``: while a command to replace it was under way."""

    moment: int
    sha: str
    doubtful: bool


@dataclass(frozen=True, kw_only=True)
class Said:
    moment: int
    comment: Comment
    login: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Words:
    """Words that a person wrote into a pull request; ``seen`` requests had come by then."""

    title: str | None
    before: str
    after: str
    seen: int


@dataclass(kw_only=True)
class Record:
    """What people did in one repository. Moments are places in the story."""

    repository: Repository
    kind: Kind
    closed: set[int] = field(default_factory=set)
    merged: set[int] = field(default_factory=set)
    words: dict[int, Words] = field(default_factory=dict)
    moved: dict[int, Moved] = field(default_factory=dict)
    said: list[Said] = field(default_factory=list)
    unlabelled: dict[int, bool] = field(default_factory=dict)
    configs: list[tuple[int, str]] = field(default_factory=list)
    behind_since: int = 0
    disabled_at: list[int] = field(default_factory=list)
    pushed: list[int] = field(default_factory=list)

    @property
    def pins(self) -> dict[str, str]:
        base = self.repository.git.branch("main")
        assert base is not None
        return self.kind.read(self.repository.git.files(base))

    @property
    def is_behind(self) -> bool:
        return self.pins["alpha"] != self.kind.newest

    @property
    def is_enabled(self) -> bool:
        """By the last configuration that can be read."""
        valid = [text for _, text in self.configs if text != BROKEN]
        return json.loads(valid[-1]).get("enabled", True) if valid else True

    @property
    def pull(self) -> Pull | None:
        return next((one for one in self.repository.open_pulls() if one.head == self.kind.branch), None)


@dataclass
class Story:
    hub: WatchedHub
    chance: random.Random
    kind: Kind
    records: list[Record] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    moments: Iterator[int] = field(default_factory=lambda: count(1))
    installation: Installation | None = None

    def begin(self) -> None:
        for number in range(self.chance.randint(1, 3)):
            self._add(number)

    def _add(self, number: int) -> Record:
        text = self.chance.choice([None, "{}", "{}\n"])
        files = (
            self.kind.write({"alpha": "1.0", "beta": "1.0"}) | {"app.py": "x = 1\n"} | ({CONFIG: text} if text else {})
        )
        record = Record(repository=self.hub.add_repository(f"octo/app-{number}", files), kind=self.kind)
        if text:
            record.configs.append((0, text))
        self.records.append(record)
        return record

    def install(self) -> None:
        self.installation = self.hub.install(*(one.repository for one in self.records))
        self.told.append("install")

    def wait_for_pulls(self) -> None:
        """Until there is something that people can have to do with, as far as that is reached."""
        deadline = time.monotonic() + 8.0
        while time.monotonic() < deadline and not all(one.pull for one in self.records):
            time.sleep(0.02)

    def plan(self, most: int) -> list[Callable[[], None]]:
        """Steps, each with a wait before it."""
        weighted: list[tuple[Callable[[random.Random], None], int]] = [
            (self._push, 5),
            (self._push_nothing, 2),
            (self._configure, 3),
            (self._catch_up, 1),
            (self._fall_behind, 1),
            (self._move, 3),
            (self._word, 2),
            (self._unlabel, 1),
            (self._command, 5),
            (self._merge, 2),
            (self._close, 1),
            (self._redeliver, 3),
            (self._add_late, 1),
        ]
        actions = [action for action, weight in weighted for _ in range(weight)]
        return [self._make_step(self.chance.choice(actions)) for _ in range(self.chance.randint(6, most))]

    def _make_step(self, action: Callable[[random.Random], None]) -> Callable[[], None]:
        wait, own = self.chance.choice([0.0, 0.05, 0.3, 0.8]) * self.chance.random(), self.chance.random()

        def step() -> None:
            time.sleep(wait)
            with self.hub.still:
                action(random.Random(own))

        return step

    # --- pushes -------------------------------------------------------------------------------------

    def _push(self, chance: random.Random) -> None:
        record = chance.choice(self.records)
        pins = record.pins | {"beta": f"1.{next(self.moments)}"}
        self._write_pins(record, pins)

    def _write_pins(self, record: Record, pins: dict[str, str]) -> None:
        self.hub.push(record.repository, dict(self.kind.write(pins)), login=PERSON)
        record.pushed.append(next(self.moments))
        self._tell(record, f"pins {pins}")

    def _push_nothing(self, chance: random.Random) -> None:
        record = chance.choice(self.records)
        self.hub.push(record.repository, {chance.choice(["readme.md", "app.py"]): f"{chance.random()}"}, login=PERSON)
        self._tell(record, "push of nothing")

    def _configure(self, chance: random.Random) -> None:
        record = chance.choice(self.records)
        texts = ["{}", '{"enabled": false}', '{"enabled": true}', *([BROKEN] if record.configs else [])]
        text = chance.choice(texts) + "\n" * chance.randint(0, 3)
        self.hub.push(record.repository, {CONFIG: text}, login=PERSON)
        moment = next(self.moments)
        record.configs.append((moment, text.strip()))
        if not record.is_enabled:
            record.disabled_at.append(moment)
        self._tell(record, f"configuration {text!r}")

    def _catch_up(self, chance: random.Random) -> None:
        record = chance.choice(self.records)
        if record.is_behind:
            self._write_pins(record, record.pins | {"alpha": self.kind.newest})

    def _fall_behind(self, chance: random.Random) -> None:
        record = chance.choice(self.records)
        if not record.is_behind and not record.closed:
            self._write_pins(record, record.pins | {"alpha": "1.0"})
            record.behind_since = next(self.moments)

    # --- on pull requests ---------------------------------------------------------------------------

    def _choose(self, chance: random.Random) -> tuple[Record, Pull] | None:
        found = [(record, record.pull) for record in self.records]
        there = [(record, pull) for record, pull in found if pull is not None]
        return chance.choice(there) if there else None

    def _move(self, chance: random.Random) -> None:
        found = self._choose(chance)
        if found is None:
            return
        record, pull = found
        files: dict[str, str | None] = {"fix.txt": f"{chance.random()}"}
        if chance.random() < 0.5:
            sha = self.hub.amend(record.repository, self.kind.branch, files, login=PERSON)
        else:
            sha = self.hub.push(record.repository, files, branch=self.kind.branch, login=PERSON)
        moved = Moved(moment=next(self.moments), sha=sha, doubtful=self._is_commanded(record, pull))
        record.moved[pull.number] = moved
        self._tell(record, f"#{pull.number} moved to {sha[:8]}{' (doubtful)' if moved.doubtful else ''}")

    def _is_commanded(self, record: Record, pull: Pull) -> bool:
        """Whether a command is under way that replaces what is on the branch."""
        given = [one for one in record.said if one.comment.issue == pull.number and one.login == WRITER]
        return any(not {"+1", "confused"} & {word for _, word in one.comment.reactions} for one in given)

    def _word(self, chance: random.Random) -> None:
        found = self._choose(chance)
        if found is None:
            return
        record, pull = found
        known = record.words.get(pull.number)
        number = next(self.moments)
        title = f"chore: pins {number}" if chance.random() < 0.5 else None
        before, after = f"Ours to judge {number}.", f"See the wiki {number}."
        plain = pull.body.replace("\r\n", "\n")
        self.hub.edit(record.repository, pull.number, title=title, body=f"{before}\n\n{plain}\n{after}\n")
        if known is not None:
            before, after, title = f"{before}\n\n{known.before}", f"{known.after}\n\n{after}", title or known.title
        record.words[pull.number] = Words(title=title, before=before, after=after, seen=len(self.hub.seen))
        self._tell(record, f"#{pull.number} worded")

    def _unlabel(self, chance: random.Random) -> None:
        found = self._choose(chance)
        if found is not None and self.kind.labels[-1] in found[1].labels:
            record, pull = found
            pull.labels.remove(self.kind.labels[-1])
            record.unlabelled[pull.number] = '"labels":null' in pull.body
            self._tell(record, f"#{pull.number} unlabelled")

    def _command(self, chance: random.Random) -> None:
        found = self._choose(chance)
        if found is None:
            return
        record, pull = found
        for _ in range(chance.choice([1, 1, 2, 3])):
            login = chance.choice([WRITER, WRITER, STRANGER])
            text = chance.choice([REBASE, REBASE, REBASE, DANCE])
            comment = self.hub.comment(record.repository, pull.number, text, login=login)
            record.said.append(Said(moment=next(self.moments), comment=comment, login=login, text=text))
            self._tell(record, f"#{pull.number} {login}: {text} ({comment.id})")

    def _merge(self, chance: random.Random) -> None:
        found = self._choose(chance)
        if found is None:
            return
        record, pull = found
        base = record.repository.git.branch("main")
        if base is not None and record.repository.git.is_ancestor(base, pull.head_sha):
            self.hub.merge(record.repository, pull.number, login=PERSON)
            record.merged.add(pull.number)
            self._tell(record, f"#{pull.number} merged")

    def _close(self, chance: random.Random) -> None:
        found = self._choose(chance)
        if found is not None:
            record, pull = found
            self.hub.close(record.repository, pull.number, login=PERSON)
            record.closed.add(pull.number)
            self._tell(record, f"#{pull.number} closed")

    # --- the App ------------------------------------------------------------------------------------

    def _redeliver(self, chance: random.Random) -> None:
        """What was heard already comes again."""
        heard = [one for one in list(self.hub.deliveries) if 202 in one.statuses]
        for one in chance.sample(heard, min(len(heard), chance.randint(1, 4))):
            self.hub.send_again(one)

    def _add_late(self, _: random.Random) -> None:
        if self.installation is not None and len(self.records) < 5:
            record = self._add(len(self.records))
            record.behind_since = next(self.moments)
            self.hub.change_repositories(self.installation, add=(record.repository,))
            self._tell(record, "added")

    def _tell(self, record: Record, what: str) -> None:
        self.told.append(f"{record.repository.name} {what}")
