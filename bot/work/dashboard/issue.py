"""The dashboard issue: found by its author and what stands in it, read again right before it is written, and written only
when it changes.

A person who closes it has it closed: it is kept up to date there, where boxes act as well. Only what lockbot itself has
closed, for want of content or of the wish for a dashboard, is opened again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from bot.orders import Order, clear_boxes
from bot.ports.forge import Forge, ForgeNotFound, Issue
from bot.ports.run import DashboardOptions
from bot.report.dashboard.dashboard import mark_ended, render_dashboard, replace_people
from bot.report.dashboard.facts import Facts
from bot.work.dashboard.body import Parts, parse_body
from bot.work.dashboard.facts import Findings, remember, tell, tell_ignored
from bot.work.dashboard.state import DashboardState

_MOST = 1000


@dataclass(slots=True)
class KnownIssues:
    """The numbers of the dashboards that a worker has seen, by repository; what was used longest ago goes first."""

    _numbers: OrderedDict[int, int] = field(default_factory=OrderedDict)

    def find(self, repository: int) -> int | None:
        return self._numbers.get(repository)

    def note(self, repository: int, number: int | None) -> None:
        """``number`` None: there is none."""
        self._numbers.pop(repository, None)
        if number is not None:
            self._numbers[repository] = number
        while len(self._numbers) > _MOST:
            self._numbers.popitem(last=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Where dashboards are looked for; ``login`` is the App's."""

    forge: Forge
    login: str
    known: KnownIssues


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    number: int
    title: str
    body: str
    is_open: bool

    @property
    def parts(self) -> Parts:
        return parse_body(self.body)

    @property
    def state(self) -> DashboardState:
        return self.parts.state or DashboardState()


def find_dashboard(home: Home, seen: Issue | None = None) -> Dashboard | None:
    """At the price of one request, or of none where it is the issue that was ``seen`` a moment ago. Of several, which only a
    crash or two workflows at once can leave behind, the oldest open one counts."""
    found = _find_known(home, seen)
    if found is None:
        read = (_read(home, one) for one in home.forge.list_own_issues())
        found = min(
            (one for one in read if one is not None), key=lambda one: (not one.is_open, one.number), default=None
        )
    home.known.note(home.forge.ref.id, found.number if found is not None else None)
    return found


def _find_known(home: Home, seen: Issue | None) -> Dashboard | None:
    number = home.known.find(home.forge.ref.id)
    if number is None:
        return None
    try:
        found = seen if seen is not None and seen.number == number else home.forge.get_issue(number)
        return _read(home, found)
    except ForgeNotFound:
        # Deleted, or moved to another repository.
        return None


def _read(home: Home, issue: Issue) -> Dashboard | None:
    if issue.author != home.login or parse_body(issue.body).state is None:
        return None
    return Dashboard(number=issue.number, title=issue.title, body=issue.body, is_open=issue.is_open)


# --- after a run ----------------------------------------------------------------------------------


def write_dashboard(home: Home, known: Dashboard | None, findings: Findings) -> str:
    """Bring the issue to what a run came to; a clause for the log, empty where nothing was to do.

    ``known``: as the run found it; nothing is asked where it says all of this already.
    """
    if known is None:
        return _open(home, findings)
    if _compose(home, known, findings) == known:
        return ""
    now = find_dashboard(home)
    return _open(home, findings) if now is None else _write(home, now, _compose(home, now, findings))


def _open(home: Home, findings: Findings) -> str:
    """A repository of which there is nothing to tell gets none."""
    options = findings.config.dashboard
    state = remember(DashboardState(title=options.title), findings)
    facts = tell(findings, state)
    if facts.is_empty or not _is_wanted(findings, facts):
        return ""
    body = _render(home, Parts(), facts, options, state)
    opened = home.forge.open_issue(options.title, body, options.labels)
    older = find_dashboard(home)
    if older is not None and older.number < opened.number:
        # Two were at it at the same time, as two workflows can be. The other one keeps its own.
        home.forge.edit_issue(opened.number, is_open=False)
        return f"dashboard #{opened.number} closed for #{older.number}"
    home.known.note(home.forge.ref.id, opened.number)
    return f"dashboard #{opened.number} opened"


def _write(home: Home, now: Dashboard, wanted: Dashboard) -> str:
    if wanted == now:
        return ""
    home.forge.edit_issue(
        now.number,
        title=None if wanted.title == now.title else wanted.title,
        body=None if wanted.body == now.body else wanted.body,
        is_open=None if wanted.is_open == now.is_open else wanted.is_open,
    )
    return f"dashboard #{now.number} written"


def _compose(home: Home, now: Dashboard, findings: Findings) -> Dashboard:
    """What the issue is to be. Its title changes only while it is lockbot's own and the configuration can be read."""
    options, state = findings.config.dashboard, remember(now.state, findings)
    facts = tell(findings, state)
    is_ours = now.title == state.title and findings.is_whole
    is_wanted = _is_wanted(findings, facts)
    is_open = is_wanted if now.is_open else is_wanted and state.closed
    update = {
        "title": options.title if is_ours else state.title,
        "closed": not is_open and (now.is_open or state.closed),
    }
    state = state.model_copy(update=update)
    told = findings.config.enabled and options.wanted
    text = _render(home, now.parts, facts, options, state) if told else now.parts.render(now.parts.own, state)
    return Dashboard(
        number=now.number,
        title=options.title if is_ours else now.title,
        body=now.body if _is_same(text, now.body) else text,
        is_open=is_open,
    )


def _is_wanted(findings: Findings, facts: Facts) -> bool:
    """Whether the issue is to be open."""
    config = findings.config
    if not config.enabled or not config.dashboard.wanted:
        return False
    return facts.needs_people or not config.dashboard.autoclose


def _is_same(one: str, other: str) -> bool:
    """A forge may take blanks from the ends, and a browser leaves other line ends."""
    return one.strip() == other.replace("\r\n", "\n").strip()


def _render(home: Home, parts: Parts, facts: Facts, options: DashboardOptions, state: DashboardState) -> str:
    room = parts.room(home.forge.limits.body, state)
    return parts.render(render_dashboard(facts, room, options.header, options.footer), state)


# --- after a command ------------------------------------------------------------------------------


def change_state(
    home: Home, change: Callable[[DashboardState], DashboardState], done: Sequence[Order] = ()
) -> DashboardState | None:
    """Keep what somebody said, and take the ticks off that are obeyed: the state afterwards, None where there is no
    dashboard to keep it.

    What people said is told at once; the rest of the text waits for the next run.
    """
    now = find_dashboard(home)
    if now is None:
        return None
    state = change(now.state)
    text = clear_boxes(replace_people(now.parts.own, tell_ignored(state), state.paused), done)
    room = now.parts.room(home.forge.limits.body, state)
    own = text if len(text) <= room else clear_boxes(now.parts.own, done)
    body = replace(now.parts, own="").render(own, state)
    if not _is_same(body, now.body):
        home.forge.edit_issue(now.number, body=body)
    return state


def tell_ended(home: Home, number: int, *, is_merged: bool) -> None:
    """A pull request that the dashboard tells of as open is not any more."""
    now = find_dashboard(home)
    if now is None or not any(one.number == number and one.told for one in now.state.pulls):
        return
    text = mark_ended(now.parts.own, number, is_merged=is_merged)
    body = now.parts.render(text, now.state)
    if not _is_same(body, now.body):
        home.forge.edit_issue(now.number, body=body)
