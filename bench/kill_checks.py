"""What must hold after a story of ``bench/kills.py``: nothing lost, nothing doubled. Each finding is a line."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa

from bench.kill_story import DANCE, STRANGER, WRITER, Record, Said, Story, WatchedHub
from bot.events.event import Ignored
from bot.events.planning import plan_jobs
from bot.forge.github.webhooks.events import parse_event
from bot.jobs.database.engine import open_engine
from bot.jobs.queue.names import name_job
from bot.report.answers import BRANCH_MARK, RETIRED_MARK
from bot.report.commands import NO_PERMISSION_MARK, answer_mark
from bot.report.head_check import HEAD_CHECK
from bot.work.publishing.body_block import find_block
from tests.github.model import Comment, Pull

ENDED = "SUCCESS"


@dataclass(frozen=True, kw_only=True)
class Late:
    """What comes of webhooks that come after all. Pull requests' have their heads checked once more, for each that came:
    ``heads`` says how often. An installation's begins a run of each of its repositories, ``installed``, and a run tells
    what no event has told at once: a branch that somebody moved, a closing in its section of the dashboard."""

    repositories: frozenset[str] = frozenset()
    heads: Mapping[str, int] = field(default_factory=dict)
    installed: frozenset[str] = frozenset()

    def covers(self, request: str) -> bool:
        """A check run is made, and changed when it has come to its end."""
        check = re.fullmatch(r"(?:POST|PATCH) /api/v3/repos/([^/]+/[^/]+)/check-runs(?:/\d+)?", request)
        told = re.fullmatch(r"(?:PATCH|POST) /api/v3/repos/([^/]+/[^/]+)/issues/\d+(?:/comments)?", request)
        return (check is not None and check[1] in self.repositories) or (told is not None and told[1] in self.installed)


def find_late(hub: WatchedHub) -> Late:
    lost = [(one.event, json.loads(one.body)) for one in hub.deliveries if 202 not in one.statuses]
    pulls = [told for event, told in lost if event == "pull_request"]
    added = (told.get("repositories", []) + told.get("repositories_added", []) for _, told in lost)
    return Late(
        repositories=frozenset(one["repository"]["full_name"] for one in pulls),
        heads=Counter(one["pull_request"]["head"]["sha"] for one in pulls),
        installed=frozenset(one["full_name"] for row in added for one in row),
    )


def find_differences(story: Story, late: Late | None = None) -> Iterator[str]:
    for record in story.records:
        for one in _check(story, record, late or Late()):
            yield f"{record.repository.name}: {one}"


def find_unchecked(story: Story) -> Iterator[str]:
    """Heads without lockbot's check, whoever heard of them."""
    for record in story.records:
        ended = {
            one.head_sha
            for one in record.repository.checks.values()
            if (one.name, one.status, one.app) == (HEAD_CHECK, "completed", story.hub.app.slug)
        }
        for pull in record.repository.open_pulls():
            if pull.head_sha not in ended:
                yield f"{record.repository.name}: #{pull.number} has no check at {pull.head_sha[:8]}"


def _check(story: Story, record: Record, late: Late) -> Iterator[str]:
    bot = story.hub.app.bot
    own = [one for one in record.repository.pulls.values() if one.author is bot]
    yield from _check_count(record, own)
    yield from _check_branches(record, own)
    yield from _check_checks(record, late)
    for pull in own:
        comments = [one for one in story.hub.comments_on(record.repository, pull.number) if one.author is bot]
        found = [
            *_check_comments(record, pull, comments),
            *_check_commands(record, pull, comments),
            *_check_words(story, record, pull),
            *(_check_open(record, pull, comments) if pull.state == "open" else _check_closed(record, pull, comments)),
        ]
        yield from (f"#{pull.number}: {one}" for one in found)


# --- what there is ----------------------------------------------------------------------------------


def _check_count(record: Record, own: list[Pull]) -> Iterator[str]:
    there = [one for one in own if one.state == "open"]
    if len(there) > 1:
        yield f"{len(there)} open pull requests: {[one.number for one in there]}"
    if any(is_persons(record, one) is not False for one in there):
        return
    wanted = is_wanted(record)
    if wanted is not None and bool(there) is not wanted:
        yield "no pull request is open" if wanted else f"#{there[0].number} is open, but nothing is left for it"


def is_wanted(record: Record) -> bool | None:
    """Whether there is to be an open pull request; None: a proposal may wait for its turn."""
    if not record.is_behind or record.closed or not record.is_enabled:
        return False
    asked = [0 if record.behind_since == 0 else -1, *(moment for moment, _ in record.configs)]
    since = record.behind_since
    is_added = record.behind_since > 0 and not any(record.pushed)
    return True if is_added or max(asked) >= since else None


def is_persons(record: Record, pull: Pull) -> bool | None:
    """Whether a person's commits are to be on its branch; None: nobody can tell."""
    moved = record.moved.get(pull.number)
    if moved is None:
        return False
    later = [one for one in record.said if is_rebase(one, pull) and one.moment > moved.moment]
    if not later and not moved.doubtful:
        return True
    # A command is obeyed only where something is proposed.
    is_sure = later and record.is_enabled and record.is_behind and not record.disabled_at and not record.behind_since
    return False if is_sure and pull.head_sha != moved.sha else None


def is_rebase(one: Said, pull: Pull) -> bool:
    return one.comment.issue == pull.number and one.login == WRITER and one.text != DANCE


def _check_branches(record: Record, own: list[Pull]) -> Iterator[str]:
    git = record.repository.git
    there = {one.head for one in own if one.state == "open"}
    kept = {one.sha for one in record.moved.values()}
    for name, head in git.refs("refs/heads/").items():
        branch = name.removeprefix("refs/heads/")
        if branch != "main" and branch not in there and head not in kept:
            yield f"{branch} is orphaned at {head[:8]}"


def _check_checks(record: Record, late: Late) -> Iterator[str]:
    rows = [(one.head_sha, one.name, one.summary) for one in record.repository.checks.values()]
    for (sha, name, summary), number in Counter(rows).items():
        if number > 1 + (late.heads.get(sha, 0) if name == HEAD_CHECK else 0):
            yield f"{number} check runs {name!r} on {sha[:8]}: {summary[:60]!r}"
        if "failure" in name:
            yield f"told of a failure: {summary}"


# --- one pull request -------------------------------------------------------------------------------


def _check_open(record: Record, pull: Pull, comments: list[Comment]) -> Iterator[str]:
    git, moved = record.repository.git, record.moved.get(pull.number)
    head = git.branch(pull.head)
    if head != pull.head_sha or head is None:
        yield f"its head is {pull.head_sha[:8]}, the branch's {head}"
        return
    theirs = is_persons(record, pull)
    if theirs and moved is not None and head != moved.sha:
        yield f"the work of a person ({moved.sha[:8]}) is gone: {head[:8]}"
    if moved is not None and head == moved.sha:
        if theirs is False:
            yield "a command to replace a person's commits was not obeyed"
        yield from _check_told(record, pull, comments, moved.moment)
        return
    if theirs:
        return
    yield from _check_content(record, pull, head)
    if any(BRANCH_MARK in one.body and "were replaced" not in one.body for one in comments):
        yield "it still says that the branch is left alone"


def _check_told(record: Record, pull: Pull, comments: list[Comment], since: int) -> Iterator[str]:
    said = [one.body for one in comments if BRANCH_MARK in one.body]
    if any(moment > since for moment in record.pushed) and record.is_enabled and not record.disabled_at and not said:
        yield "nobody is told that the branch is left alone"
    if said and "were replaced" in said[0] and is_persons(record, pull):
        yield "it says that commits were replaced that are there"


def _check_content(record: Record, pull: Pull, head: str) -> Iterator[str]:
    git, block = record.repository.git, find_block(pull.body.replace("\r\n", "\n"))
    parents, base = git.read_commit(head).parents, git.branch("main")
    assert base is not None
    wanted, there = record.pins | {"alpha": record.kind.newest}, record.kind.read(git.files(head))
    if there != wanted:
        yield f"its content is {there}, not {wanted}"
    if len(parents) != 1 or not git.is_ancestor(parents[0], base):
        yield f"it is not one commit on the base: {parents}"
    elif [path for _, path in git.diff(parents[0], head)] != record.kind.paths:
        yield "it changes other files"
    elif any(path in record.kind.paths for _, path in git.diff(parents[0], base)):
        yield "it is not on the present base"
    if block is None:
        yield f"it has no block: {pull.body!r}"
        return
    if block.heads[-1:] != (head,):
        yield f"its block knows {block.heads}, the branch is at {head}"
    if block.retired or block.labels != tuple(record.kind.labels) or not block.units:
        yield f"its block is {block}"
    if record.kind.tell(record.pins["alpha"]) not in pull.body:
        yield f"its text is not the present one: {pull.body!r}"


def _check_closed(record: Record, pull: Pull, comments: list[Comment]) -> Iterator[str]:
    by_person = pull.number in record.closed | record.merged
    if not by_person and not any(RETIRED_MARK in one.body for one in comments):
        yield "it was closed without a word"
    if by_person and pull.number in record.merged and not pull.merged:
        yield "it is not merged"
    block = find_block(pull.body.replace("\r\n", "\n"))
    if block is None:
        yield f"its block is gone: {pull.body!r}"


def _check_comments(record: Record, pull: Pull, comments: list[Comment]) -> Iterator[str]:
    for text, number in Counter(one.body for one in comments).items():
        if number > 1:
            yield f"said {number} times: {text!r}"
    marks = [BRANCH_MARK, NO_PERMISSION_MARK, *(answer_mark(one.comment.id) for one in record.said)]
    for mark in marks:
        if sum(mark in one.body for one in comments) > 1:
            yield f"several comments with {mark}"
    strangers = [one for one in record.said if one.login == STRANGER and one.comment.issue == pull.number]
    refused = any(NO_PERMISSION_MARK in one.body for one in comments)
    if strangers and not refused and pull.state == "open":
        yield "a stranger was not answered"
    if refused and not strangers:
        yield "nobody was to be refused"


def _check_commands(record: Record, pull: Pull, comments: list[Comment]) -> Iterator[str]:
    for one in record.said:
        if one.comment.issue != pull.number:
            continue
        given = [word for _, word in one.comment.reactions]
        answers = [row.body for row in comments if answer_mark(one.comment.id) in row.body]
        if one.login == STRANGER:
            right = not given and not answers
        elif one.text == DANCE:
            right = given == ["confused"]
        else:
            # On a closed one it is said what would be obeyed, unless lockbot has closed it, and said why.
            right = given in (["eyes", "+1"], ["eyes", "confused"]) or (
                pull.state == "closed" and given in (["+1"], ["confused"])
            )
        if not right:
            yield f"{one.login}'s {one.text!r} ({one.comment.id}) got {given} and {answers}"
        if len(answers) > 1 or any(not _is_expected(text, pull) for text in answers):
            yield f"{one.comment.id} was answered {answers}"


def _is_expected(answer: str, pull: Pull) -> bool:
    sayings = ("nothing to change", "I don't know", *(("makes a closed one again",) if pull.state == "closed" else ()))
    return any(one in answer for one in sayings)


def _check_words(story: Story, record: Record, pull: Pull) -> Iterator[str]:
    words = record.words.get(pull.number)
    if words is not None:
        body = pull.body.replace("\r\n", "\n").strip()
        is_there = body.startswith(words.before) and body.endswith(words.after)
        if not is_there and not _is_too_late(story, record, pull, words.seen):
            yield f"a person's words are gone: {words.before!r} {words.after!r} from {body!r}"
        if words.title is not None and pull.title != words.title:
            yield f"a person's title is gone: {words.title!r}, now {pull.title!r}"
    elif pull.title != record.kind.title:
        yield f"its title is {pull.title!r}"
    if pull.state != "open":
        return
    doubtful = record.unlabelled.get(pull.number)
    put, less = record.kind.labels, record.kind.labels[:-1]
    wanted = [put] if doubtful is None else [put, less] if doubtful else [less]
    if pull.labels not in wanted:
        yield f"its labels are {pull.labels}"


def _is_too_late(story: Story, record: Record, pull: Pull, seen: int) -> bool:
    """A text that is written between a read and the write that follows at once can't be seen: GitHub knows no condition
    for that write."""
    path = f"/api/v3/repos/{record.repository.full_name}/pulls/{pull.number}"
    before = [one for one in story.hub.seen[:seen] if one.path.startswith(path.rsplit("/", 2)[0])][-1:]
    after = [one for one in story.hub.seen[seen:] if one.path == path][:1]
    return [(one.method, one.path) for one in before] == [("GET", path)] and [one.method for one in after] == ["PATCH"]


# --- the server -------------------------------------------------------------------------------------


def find_unworked(story: Story, url: str) -> Iterator[str]:
    """Deliveries that were accepted, and jobs that never were or did not end well."""
    engine = open_engine(url)
    schema = "" if engine.dialect.name == "sqlite" else "dbos."
    with engine.connect() as connection:
        rows = connection.execute(sa.text(f"SELECT workflow_uuid, status FROM {schema}workflow_status"))
        states = {row.workflow_uuid: row.status for row in rows}
    engine.dispose()
    for delivery in story.hub.deliveries:
        if 202 not in delivery.statuses:
            continue
        event = parse_event(delivery.event, delivery.body)
        jobs = event if isinstance(event, Ignored) else plan_jobs(event)
        names = [] if isinstance(jobs, Ignored) else [name_job(delivery.guid, one) for one in jobs]
        yield from (f"accepted, but {one} is {states.get(one)}" for one in names if states.get(one) != ENDED)
    yield from (f"job {name} is {state}" for name, state in states.items() if state != ENDED)
