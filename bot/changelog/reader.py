"""What there is to read of releases: asked for all packages of a run at once, kept, and given up without a word.

Read is only what everybody may read. The token of a run sees the repository that it is for, beside what is public: so it
is not sent where that repository itself is asked about, nor after a redirect, and what comes back is public either way.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from typing import Any

import httpx
from packaging.version import Version

from bot.changelog.places import ChangelogFile, Forge, Project, choose_file, find_file, find_project
from bot.changelog.releases import TaggedRelease, find_versions, parse_releases
from bot.changelog.sections import find_form, find_sections
from bot.changelog.store import LONGEST, Kept, NotesStore
from bot.changelog.visit import Answer, VisitFailed, visit
from bot.egress import Network
from bot.errors import LockbotError
from bot.ports.notes import Notes, NotesAccess, NotesEntry, NotesForm, NotesQuestion
from bot.threads import CarryingPool

_THREADS = 8
#: Most versions of one package, and most of a text.
_ENTRIES, _TEXT = 12, 20_000
#: Seconds for which an answer, and that there is nothing, are good; a failure only keeps one from asking at once again.
_FRESH, _NOTHING, _FAILED = 6 * 3600.0, 24 * 3600.0, 600.0
_API_BYTES, _FILE_BYTES = 4 << 20, 400 << 10
#: What stands for all tokens, and none of them is.
_EVERYBODY = "*"
_JSON = "application/vnd.github+json"
_RAW = "application/vnd.github.raw+json"
#: Of a rate limit that much is left to what people ask for.
_RESERVE = 10
#: Of these nothing else of the host is to be had, either.
_UNREACHABLE = (LockbotError, httpx.ConnectError, httpx.ConnectTimeout, OSError)
_FAILURES = (VisitFailed, LockbotError, httpx.HTTPError, httpx.InvalidURL, ValueError, RecursionError, OSError)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderSettings:
    """``forges``: the only hosts that are asked. ``now`` counts seconds since the epoch."""

    forges: tuple[Forge, ...]
    network: Network
    store: NotesStore
    now: Callable[[], float] = time.time


class HttpNotes:
    """Implements ``bot.ports.notes.NotesReader``."""

    def __init__(self, settings: ReaderSettings) -> None:
        self._settings = settings
        self._failed: dict[str, float] = {}
        self._resting: dict[tuple[str, str], float] = {}

    def find(
        self, questions: Sequence[NotesQuestion], access: NotesAccess, patience: float, /
    ) -> Mapping[NotesQuestion, Notes]:
        pool = CarryingPool(_THREADS, thread_name_prefix="notes")
        looking = _Looking(reader=self, access=access)
        try:
            asked: dict[NotesQuestion, Future[Notes | None]] = {
                one: pool.submit(looking.look, one) for one in dict.fromkeys(questions)
            }
            done = wait(asked.values(), timeout=patience).done
        finally:
            # What is under way ends by its own deadline.
            pool.shutdown(wait=False, cancel_futures=True)
        answers = {one: future.result() for one, future in asked.items() if future in done}
        return {one: notes for one, notes in answers.items() if notes is not None}

    @property
    def forges(self) -> Sequence[Forge]:
        return self._settings.forges

    # --- one address ------------------------------------------------------------------------------

    def read(self, url: str, accept: str, most: int, token: str | None) -> str | None:
        """The text at an address, ``None`` where there is none or it can't be had now; what was kept serves as well."""
        kept, now = self._settings.store.get(url), self._settings.now()
        if kept is not None and now - kept.read_at < (_NOTHING if kept.content is None else _FRESH):
            return kept.content
        if self._failed.get(url, 0.0) > now or self._is_resting(url, token, now):
            return kept.content if kept is not None else None
        try:
            found = self._fetch(url, accept, most, token, kept)
        except _FAILURES as error:
            found = None
            if isinstance(error, _UNREACHABLE):
                self._rest(url, _EVERYBODY, now + _FAILED)
        if found is None:
            self._note_failure(url, now)
            return kept.content if kept is not None else None
        self._settings.store.put(url, found)
        return found.content

    def _fetch(self, url: str, accept: str, most: int, token: str | None, kept: Kept | None) -> Kept | None:
        headers = {"Accept": accept}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        if kept is not None and kept.etag is not None:
            headers["If-None-Match"] = kept.etag
        answer = visit(self._settings.network, url, headers, most, secret=("Authorization",))
        self._heed_limit(url, token, answer)
        now = self._settings.now()
        if answer.status == 304 and kept is not None:
            return Kept(content=kept.content, etag=kept.etag, read_at=now)
        if answer.status in (404, 410, 451):
            return Kept(content=None, etag=None, read_at=now)
        if answer.status != 200:
            return None
        is_list = accept == _JSON
        if is_list and answer.is_cut:
            return Kept(content=None, etag=None, read_at=now)
        text = answer.content.decode("utf-8", "replace")
        content = _without_ballast(text) if is_list else text
        return Kept(content=content[:LONGEST], etag=_etag(answer), read_at=now)

    def _note_failure(self, url: str, now: float) -> None:
        if len(self._failed) > 1000:
            self._failed.clear()
        self._failed[url] = now + _FAILED

    def _heed_limit(self, url: str, token: str | None, answer: Answer) -> None:
        """Where a tenth is left of a limit, nothing more is asked until it begins anew."""
        limit, left, reset = (
            _number(answer.headers.get(f"x-ratelimit-{one}")) for one in ("limit", "remaining", "reset")
        )
        after = _number(answer.headers.get("retry-after"))
        now = self._settings.now()
        if limit is not None and left is not None and reset is not None and left * _RESERVE <= limit:
            self._rest(url, token, reset)
        elif answer.status in (403, 429):
            self._rest(url, token, now + (after if after is not None else _FAILED))

    def _is_resting(self, url: str, token: str | None, now: float) -> bool:
        return any(self._resting.get(_limit_key(url, one), 0.0) > now for one in (token, _EVERYBODY))

    def _rest(self, url: str, token: str | None, until: float) -> None:
        if len(self._resting) > 1000:
            self._resting.clear()
        self._resting[_limit_key(url, token)] = until


class _Looking:
    """The questions of one run: what several of them ask of one address is asked once."""

    def __init__(self, *, reader: HttpNotes, access: NotesAccess) -> None:
        self._reader = reader
        self._access = access
        self._lock = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        self._token: list[str | None] = []

    def look(self, question: NotesQuestion) -> Notes | None:
        """Releases where they say something of these versions, else the changelog file."""
        project = find_project(question.links, self._reader.forges)
        file = find_file(question.links, self._reader.forges)
        tagged = self._find_tagged(project, question) if project is not None else {}
        entries = _entries_of_releases(tagged, question)
        compare = _compare(project, tagged, question) if project is not None else None
        if entries and project is not None:
            return _notes(entries, project.releases_page, compare)
        if file is None and project is not None:
            file = self._find_changelog(project)
        entries = self._entries_of_file(file, question) if file is not None else ()
        if not entries and compare is None:
            return None
        return _notes(entries, file.page if entries and file is not None else None, compare)

    # --- releases ---------------------------------------------------------------------------------

    def _find_tagged(self, project: Project, question: NotesQuestion) -> Mapping[Version, TaggedRelease]:
        found = self._json(project, project.releases_api)
        return find_versions(parse_releases(found), question.package)

    def _find_changelog(self, project: Project) -> ChangelogFile | None:
        found = self._json(project, project.listing_api)
        rows = found if isinstance(found, list) else []
        names = [row.get("path") for row in rows if isinstance(row, Mapping) and row.get("type") == "blob"]
        return choose_file(project, [name for name in names if isinstance(name, str)])

    def _entries_of_file(self, file: ChangelogFile, question: NotesQuestion) -> tuple[NotesEntry, ...]:
        token = None if file.is_raw else self._token_for(file.project)
        text = self._read(file.address, "*/*" if file.is_raw else _RAW, _FILE_BYTES, token)
        if text is None:
            return ()
        form = find_form(file.path, text)
        sections = (one for one in find_sections(text, question.package) if _is_between(one.version, question))
        ordered = sorted(sections, key=lambda one: one.version, reverse=True)
        return tuple(_entry(one.version, one.text, form, one.day, None) for one in ordered)

    def _json(self, project: Project, url: str) -> object:
        text = self._read(url, _JSON, _API_BYTES, self._token_for(project))
        try:
            return json.loads(text) if text is not None else None
        except (ValueError, RecursionError):
            return None

    def _read(self, url: str, accept: str, most: int, token: str | None) -> str | None:
        with self._lock:
            lock = self._locks.setdefault(url, threading.Lock())
        with lock:
            return self._reader.read(url, accept, most, token)

    def _token_for(self, project: Project) -> str | None:
        """The token, for the forge that it is of and other repositories than its own."""
        if not project.forge.takes_token or project.full_name.casefold() == self._access.repository.casefold():
            return None
        with self._lock:
            if not self._token:
                self._token.append(self._ask_token())
            return self._token[0]

    def _ask_token(self) -> str | None:
        try:
            return self._access.token()
        except LockbotError:
            return None


def _entries_of_releases(tagged: Mapping[Version, TaggedRelease], question: NotesQuestion) -> tuple[NotesEntry, ...]:
    between = sorted((one for one in tagged if _is_between(one, question)), reverse=True)
    return tuple(
        _entry(version, tagged[version].text, NotesForm.MARKDOWN, tagged[version].day, tagged[version].url)
        for version in between
        if tagged[version].text.strip()
    )


def _entry(version: Version, text: str, form: NotesForm, day: str | None, url: str | None) -> NotesEntry:
    return NotesEntry(version=str(version), text=text[:_TEXT], form=form, date=day, url=url)


def _notes(entries: Sequence[NotesEntry], url: str | None, compare: str | None) -> Notes:
    return Notes(entries=tuple(entries[:_ENTRIES]), url=url, compare=compare, more=max(len(entries) - _ENTRIES, 0))


def _is_between(version: Version, question: NotesQuestion) -> bool:
    """Above the one and up to the other; of pre-releases only the last."""
    after = Version(question.after)
    is_inside = Version(question.before) < version <= after
    return is_inside and (not version.is_prerelease or after.is_prerelease)


def _compare(project: Project, tagged: Mapping[Version, TaggedRelease], question: NotesQuestion) -> str | None:
    old, new = (tagged.get(Version(text)) for text in (question.before, question.after))
    return project.compare_page(old.tag, new.tag) if old is not None and new is not None else None


def _without_ballast(text: str) -> str:
    """Of each row of an API's list what is looked at here."""
    found: Any = json.loads(text)
    rows = found.get("tree") if isinstance(found, dict) else found
    listed = rows if isinstance(rows, list) else []
    return json.dumps([_lightened(row) for row in listed if isinstance(row, dict)], ensure_ascii=False)


def _lightened(row: Mapping[str, Any]) -> Mapping[str, Any]:
    kept = {key: row[key] for key in ("tag_name", "published_at", "html_url", "draft", "path", "type") if key in row}
    return {**kept, "body": row["body"][:_TEXT]} if isinstance(row.get("body"), str) else kept


def _etag(answer: Answer) -> str | None:
    etag: str | None = answer.headers.get("etag")
    # What was moved is asked for at its old place again.
    return etag if etag is not None and len(etag) < 200 and not answer.moved else None


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 12 else None


def _limit_key(url: str, token: str | None) -> tuple[str, str]:
    """Rate limits are counted for a host, and for whom the token is of."""
    return "/".join(url.split("/", 3)[:3]), token or ""
