"""What ``lockbot doctor`` looks at: each part of the outside world that the server needs, asked once. It makes nothing.

What the server could not begin without is refused by ``serve`` and ``work`` in the same words (``bot.app.start``). A check
that needs what another one found missing is left out, so that each failure is told once.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.app.edges import make_app_client, make_forge_app
from bot.app.findings import Finding, ask_pypi, look_at, obtain_all, skip
from bot.app.process import read_index_entries
from bot.app.solving import open_index
from bot.app.start import check_folder, check_job_database, describe_credentials
from bot.errors import InputError, LockbotError
from bot.forge.github.registering.hook import Sent, fetch_hook, fetch_sent
from bot.forge.github.registering.manifest import WEBHOOK
from bot.git.command import check_pinning
from bot.ports.forge import ForgeError
from bot.settings import Settings, get_environment

_SETTINGS_PAGE = "on the App's settings page"


def diagnose(settings: Settings) -> tuple[Finding, ...]:
    return (
        *diagnose_server(settings),
        look_at("index credentials", partial(check_index_credentials, settings)),
        look_at("index", partial(_check_index, settings)),
    )


def diagnose_server(settings: Settings) -> tuple[Finding, ...]:
    """All but the index: nothing here leaves the operator's own network but for GitHub."""
    credentials = look_at("credentials", partial(describe_credentials, settings))
    return (
        credentials,
        look_at("data folder", partial(check_folder, settings)),
        *(_skip_all(_OF_GITHUB, "credentials") if credentials.problem is not None else _diagnose_github(settings)),
        look_at("public URL", partial(_check_public_url, settings)),
        look_at("sign-in", partial(_check_sign_in, settings)),
        look_at("database", partial(check_job_database, settings)),
        look_at("git", partial(check_pinning, get_environment())),
    )


#: The checks for which GitHub is asked, the first first.
_OF_GITHUB: tuple[str, ...] = ("forge", "permissions", "webhook", "deliveries", "installations")


def _diagnose_github(settings: Settings) -> tuple[Finding, ...]:
    forge = look_at("forge", partial(_check_identity, settings))
    if forge.problem is not None:
        return (forge, *_skip_all(_OF_GITHUB[1:], "forge"))
    return (
        forge,
        look_at("permissions", lambda: make_forge_app(settings).check_grants()),
        look_at("webhook", partial(_check_hook, settings)),
        look_at("deliveries", lambda: judge_sent(fetch_sent(make_app_client(settings)))),
        look_at("installations", lambda: make_forge_app(settings).describe_installations()),
    )


def _skip_all(names: Sequence[str], missing: str) -> tuple[Finding, ...]:
    return tuple(skip(name, missing) for name in names)


# --- one check each -------------------------------------------------------------------------------


def _check_identity(settings: Settings) -> str:
    try:
        return make_forge_app(settings).get_identity().login
    except ForgeError as error:
        if " 401 " not in str(error):
            raise LockbotError(
                f"{error}: is LOCKBOT_GITHUB_URL right, and does a proxy or firewall let this server out?"
            ) from None
        raise LockbotError(
            f"{settings.github_url} doesn't take the private key for App {settings.app_id}: set the number and a key of the "
            f"same App, both {_SETTINGS_PAGE} ({error})"
        ) from None


def _check_hook(settings: Settings) -> str:
    hook = fetch_hook(make_app_client(settings))
    wanted = f"{settings.public_url}{WEBHOOK}" if settings.public_url else None
    if hook.url is None:
        raise LockbotError(
            f"the App has no webhook: set its address to {wanted or f'https://…{WEBHOOK}'} {_SETTINGS_PAGE}"
        )
    if wanted is not None and hook.url != wanted:
        raise LockbotError(
            f"it goes to {hook.url}, and this server is at {wanted}: correct either, the first {_SETTINGS_PAGE}"
        )
    if not hook.is_json:
        raise LockbotError(f"its content type is not application/json: choose that {_SETTINGS_PAGE}")
    if not hook.checks_certificate:
        raise LockbotError(
            f"GitHub sends without checking this server's certificate: turn SSL verification on {_SETTINGS_PAGE}"
        )
    if not hook.has_secret:
        raise LockbotError(
            "GitHub has no secret for it, so that nothing it sends is let in: set the one of this server as webhook secret "
            f"{_SETTINGS_PAGE}"
        )
    return hook.url


def judge_sent(sent: Sequence[Sent]) -> str:
    """Of GitHub's last messages, newest first; raises where the last one was not taken."""
    if not sent:
        return "none yet: GitHub sends as soon as the App is installed"
    good, last = sum(one.is_good for one in sent), sent[0]
    counted = f"{good} of the last {len(sent)} were taken"
    if last.is_good:
        return counted
    raise LockbotError(
        f"the last one ({last.event}, {last.moment:%Y-%m-%d %H:%M} UTC) was not taken: {last.answer[:200]}; {counted}; "
        f"{_find_remedy(last.status)}; under Advanced {_SETTINGS_PAGE} it can be sent again"
    )


def _find_remedy(status: int) -> str:
    if status == 0:
        return (
            "does the address lead here from outside (proxy, tunnel, firewall), with a certificate that GitHub trusts?"
        )
    if status == 401:
        return "the webhook secret here is not the App's: set the same on both sides"
    if status in (404, 405):
        return f"something else answers at that address: it has to end with {WEBHOOK} and lead here"
    return "see this server's log, and that of a proxy in front of it"


def _check_public_url(settings: Settings) -> str:
    return settings.public_url or "not set: without LOCKBOT_PUBLIC_URL nobody can sign in to the status pages"


def _check_sign_in(settings: Settings) -> str:
    given = {"LOCKBOT_CLIENT_ID": settings.client_id, "LOCKBOT_CLIENT_SECRET": settings.client_secret}
    missing = [name for name, value in given.items() if value is None]
    if len(missing) == len(given):
        return "off: it needs LOCKBOT_CLIENT_ID and LOCKBOT_CLIENT_SECRET"
    if missing:
        raise InputError(
            f"{missing[0]} is not set", hint=f"it stands {_SETTINGS_PAGE}; without both nobody can sign in"
        )
    return f"on, by {settings.describe_origin('client_id', 'client_secret')}"


def check_index_credentials(settings: Settings) -> str:
    """See ``obtain_all``."""
    return obtain_all(read_index_entries(settings))


def _check_index(settings: Settings) -> str:
    with TemporaryDirectory() as name, open_index(settings.model_copy(update={"cache_dir": Path(name)})) as index:
        return ask_pypi(index)
