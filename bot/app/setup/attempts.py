"""From GitHub's code to an App with all its secrets: whatever ends it on the way, nothing that GitHub told is lost.

Before the code is spent there is room on the disk for the answer; the answer is there before it is read. What it lacks is had
from GitHub, or told to a person, and a process that is started anew goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from bot.addresses import find_github_api
from bot.app.setup.surroundings import Surroundings
from bot.app.setup.terms import describe, find_choice, make_registration, note_choice, with_todo
from bot.errors import InputError, LockbotError
from bot.forge.github.client import GitHubAccess, GitHubClient
from bot.forge.github.registering.completing import find_names
from bot.forge.github.registering.conversion import Converted, UnusableAnswer, exchange, parse_answer
from bot.forge.github.registering.hook import fetch_hook, put_secret
from bot.forge.github.registering.manifest import WEBHOOK
from bot.ports.forge import ForgeError, ForgeNotFound, ForgeUnavailable
from bot.proxies import read_proxies
from bot.settings import Registration, get_environment
from bot.settings import begun as disk
from bot.settings.begun import Begun
from bot.web.setup.edge import Choice, Halted, Keep, NotRegistered, Outcome, Todo, Unfinished


@dataclass(slots=True, kw_only=True)
class _Try:
    """``answer`` is GitHub's, b"" until there is one. ``is_on_disk``: a process that is started anew can go on with it.
    ``was_told``: a person was told to set the webhook's secret by hand."""

    begun: Begun
    code: str | None = None
    answer: bytes = b""
    is_on_disk: bool = True
    was_told: bool = False


class Attempts:
    """One after the other; ``registration`` is what the last one came to. ``check_free`` raises a ``LockbotError`` where it
    could not be stored."""

    def __init__(self, data_dir: Path, surroundings: Surroundings, check_free: Callable[[], None]) -> None:
        self.registration: Registration | None = None
        self._data_dir = data_dir
        self._surroundings = surroundings
        self._check_free = check_free
        self._try: _Try | None = None
        self._claim = ExitStack()

    @property
    def kept_in(self) -> str | None:
        """The folder that a process which is started anew goes on from."""
        is_kept = self._try is not None and self._try.is_on_disk and bool(self._try.answer)
        return str(self._data_dir / disk.FOLDER) if is_kept else None

    def end(self) -> None:
        """What is left of it is stored, or shown."""
        disk.forget(self._data_dir)
        self._claim.close()
        self.registration = self._try = None

    # --- a code for an answer ---------------------------------------------------------------------

    def register(self, choice: Choice, code: str) -> Outcome:
        try:
            self._check_free()
            one = self._begin(choice, code)
            answer = exchange(find_github_api(choice.github_url), code, self._find_proxy(choice.github_url))
        except ForgeNotFound:
            # Also what comes of an answer that was lost on its way: the code is spent then.
            return self._refuse("GitHub doesn't know the code (any more): it is good once, for an hour")
        except ForgeUnavailable as error:
            return self._refuse(str(error), may_retry=True)
        except ForgeError as error:
            return self._refuse(str(error))
        except LockbotError as error:
            # Nobody was asked.
            return NotRegistered(reason=str(error), may_retry=True)
        one.answer = answer
        self._note(one)
        return self.complete()

    def _begin(self, choice: Choice, code: str) -> _Try:
        """Room on the disk for what GitHub will tell once. Raises ``InputError`` where there is none."""
        if self._try is not None and self._try.code == code:
            return self._try
        one = _Try(begun=note_choice(choice, self._surroundings.draw()), code=code)
        self._surroundings.learn(one.begun.drawn)
        try:
            self._data_dir.mkdir(parents=True, exist_ok=True)
            self._claim_folder()
            disk.begin(self._data_dir, one.begun)
        except OSError as error:
            one.is_on_disk = False
            if choice.keep is Keep.FOLDER:
                raise InputError(
                    f"{self._data_dir}: nothing can be stored there: {error.strerror}",
                    hint="mend that and try again: the code of GitHub's is not used yet",
                ) from None
        self._try = one
        return one

    def _claim_folder(self) -> None:
        self._claim.close()
        self._claim.enter_context(disk.claim(self._data_dir))

    def _note(self, one: _Try) -> None:
        """Before anything else can fail."""
        try:
            disk.note_answer(self._data_dir, one.answer)
        except OSError:
            # It is in memory yet; who stores it says what is wrong with the disk.
            one.is_on_disk = False

    def _refuse(self, reason: str, *, may_retry: bool = False) -> NotRegistered:
        return NotRegistered(reason=reason, may_retry=may_retry, is_spent=True, kept_in=self.kept_in)

    # --- an answer for an App ---------------------------------------------------------------------

    def find_unfinished(self) -> Unfinished | None:
        found = disk.find_begun(self._data_dir)
        if found is None:
            return None
        begun, answer = found
        return Unfinished(
            name=begun.name,
            settings_page=begun.settings_page,
            choice=find_choice(begun) if _is_usable(answer) else None,
            kept_in=str(self._data_dir / disk.FOLDER) if answer else None,
        )

    def complete(self) -> Outcome:
        try:
            one = self._find_try()
            made = parse_answer(one.answer)
        except UnusableAnswer as error:
            return self._refuse(str(error), may_retry=True)
        except (OSError, LockbotError) as error:
            return NotRegistered(reason=str(error))
        choice = find_choice(one.begun)
        self._learn(made, one.begun.drawn)
        client = self._make_client(choice, made)
        try:
            made = find_names(client, made)
        except ForgeError as error:
            return Halted(reason=str(error))
        if not made.webhook_secret:
            return self._give_secret(client, one, made)
        self.registration = make_registration(choice, made)
        return describe(choice, made)

    def _find_try(self) -> _Try:
        """This process's own, or that of one before. Raises ``InputError`` where there is none, ``OSError``."""
        if self._try is None or not self._try.answer:
            found = disk.find_begun(self._data_dir)
            if found is None:
                raise InputError("nothing is left of an earlier try", hint="begin again")
            self._claim_folder()
            self._try = _Try(begun=found[0], answer=found[1])
        return self._try

    def _learn(self, made: Converted, drawn: str) -> None:
        secrets = (drawn, made.webhook_secret, made.client_secret, made.private_key)
        for secret in (*secrets, *made.private_key.splitlines()[1:-1]):
            if secret:
                self._surroundings.learn(secret)

    def _make_client(self, choice: Choice, made: Converted) -> GitHubClient:
        return GitHubClient(
            GitHubAccess(
                web_url=choice.github_url,
                api_url=find_github_api(choice.github_url),
                app_id=made.app_id,
                private_key=made.private_key,
                proxy=self._find_proxy(choice.github_url),
            )
        )

    def _find_proxy(self, github_url: str) -> str | None:
        return read_proxies(get_environment()).find(find_github_api(github_url))

    def _give_secret(self, client: GitHubClient, one: _Try, made: Converted) -> Outcome:
        """An App that came without a secret for its webhook gets the one that was drawn before GitHub was asked: the same
        however often this is begun."""
        choice, made = find_choice(one.begun), replace(made, webhook_secret=one.begun.drawn)
        self.registration = make_registration(choice, made)
        try:
            put_secret(client, choice.public_url + WEBHOOK, one.begun.drawn)
        except ForgeError as error:
            if one.was_told and _has_secret(client):
                return describe(choice, made)
            one.was_told = True
            path = self._data_dir / disk.FOLDER / disk.WEBHOOK_SECRET
            return Halted(
                reason=str(error),
                registered=with_todo(describe(choice, made), Todo.WEBHOOK_SECRET),
                secret_file=str(path) if one.is_on_disk else None,
            )
        return describe(choice, made)


def _is_usable(answer: bytes) -> bool:
    try:
        parse_answer(answer)
    except UnusableAnswer:
        return False
    return True


def _has_secret(client: GitHubClient) -> bool:
    try:
        return fetch_hook(client).has_secret
    except ForgeError:
        return False
