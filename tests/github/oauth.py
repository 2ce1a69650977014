"""Signing in with the App: the page on which a person clicks, codes, tokens that expire and are renewed.

"Generating a user access token for a GitHub App" and "Refreshing user access tokens". The endpoint that gives tokens answers
with 200 whatever it has to say; a refresh token is good for once, and with it goes the access token that it came with.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import json
import re
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from tests.github import described
from tests.github.model import Account
from tests.github.wire import ApiError, Json, Reply, Request, not_found

if TYPE_CHECKING:
    from tests.github.hub import Hub

_CODE_LIFE = timedelta(minutes=10)
_AUTHORIZE, _TOKEN = "/login/oauth/authorize", "/login/oauth/access_token"
_ERRORS = {
    "bad_verification_code": "The code passed is incorrect or expired.",
    "bad_refresh_token": "The refresh token passed is incorrect or expired.",
    "incorrect_client_credentials": "The client_id and/or client_secret passed are incorrect.",
    "redirect_uri_mismatch": "The redirect_uri MUST match the registered callback URL for this application.",
    "unsupported_grant_type": "The grant_type is not supported.",
}


@dataclass(frozen=True, kw_only=True)
class Code:
    login: str
    redirect: str
    challenge: str
    expires: datetime


@dataclass(kw_only=True)
class UserToken:
    value: str
    login: str
    expires: datetime | None


@dataclass(kw_only=True)
class SigningIn:
    """``callbacks``: the App's callback URLs. ``life``: seconds of an access token; None: the App has opted out of tokens that
    expire. ``authorized``: who has let the App act for them before."""

    client_id: str = "Iv23liTESTCLIENT"
    client_secret: str = "0123456789abcdef0123456789abcdef01234567"
    callbacks: tuple[str, ...] = ()
    life: float | None = 28_800.0
    codes: dict[str, Code] = field(default_factory=dict)
    tokens: dict[str, UserToken] = field(default_factory=dict)
    refreshing: dict[str, str] = field(default_factory=dict)
    authorized: set[str] = field(default_factory=set)

    def find_login(self, value: str) -> str | None:
        """Whose token it is, while it is good."""
        token = self.tokens.get(value)
        if token is None or (token.expires is not None and token.expires <= datetime.now(UTC)):
            return None
        return token.login

    def expire_tokens(self) -> None:
        """Time goes by."""
        for one in self.tokens.values():
            one.expires = datetime.now(UTC)

    def forget(self, value: str) -> bool:
        """Whether there was such a token, good or not; with it goes what renews it."""
        self.refreshing = {renewing: one for renewing, one in self.refreshing.items() if one != value}
        return self.tokens.pop(value, None) is not None

    def revoke(self, login: str) -> None:
        """A person takes the authorization back: tokens are gone, those for renewing them too."""
        self.authorized.discard(login)
        gone = {value for value, one in self.tokens.items() if one.login == login}
        self.tokens = {value: one for value, one in self.tokens.items() if value not in gone}
        self.refreshing = {value: token for value, token in self.refreshing.items() if token not in gone}


def answer(hub: Hub, request: Request) -> Reply | None:
    """None when the path is none of these."""
    match request.method, request.path:
        case "GET", path if path == _AUTHORIZE:
            return _show(hub, request.query)
        case "POST", path if path == _AUTHORIZE:
            return _decide(hub, dict(parse_qsl(request.body.decode(), keep_blank_values=True)))
        case "POST", path if path == _TOKEN:
            return _give(hub, request)
        case _:
            return None


# --- the page -------------------------------------------------------------------------------------


def _show(hub: Hub, asked: dict[str, str]) -> Reply:
    wrong = _find_fault(hub.signing_in, asked)
    if wrong is not None:
        return wrong
    people = [one.login for one in hub.accounts.values() if one.type == "User"]
    kept = "".join(
        f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
        for name, value in asked.items()
    )
    buttons = "".join(
        f'<button name="as" value="{html.escape(one)}">Authorize as {html.escape(one)}</button>' for one in people
    )
    page = (
        '<!doctype html><html lang="en"><head><title>Authorize</title></head><body><main><h1>Authorize</h1>'
        f'<form method="post" action="{_AUTHORIZE}">{kept}{buttons}<button name="as" value="">Cancel</button></form>'
        "</main></body></html>"
    )
    return Reply(raw=page.encode(), headers={"Content-Type": "text/html; charset=utf-8"})


def _find_fault(own: SigningIn, asked: dict[str, str]) -> Reply | None:
    if asked.get("client_id") != own.client_id:
        return Reply(status=404, raw=b"Not Found", headers={"Content-Type": "text/plain"})
    if asked.get("redirect_uri", "") not in own.callbacks:
        # With nothing registered there is nowhere to send the person to.
        where = own.callbacks[0] if own.callbacks else None
        return _send_back(where, {"error": "redirect_uri_mismatch", "state": asked.get("state", "")})
    if "code_challenge" in asked and asked.get("code_challenge_method") != "S256":
        return _send_back(asked["redirect_uri"], {"error": "invalid_request", "state": asked.get("state", "")})
    return None


def _decide(hub: Hub, asked: dict[str, str]) -> Reply:
    """The person clicked."""
    own = hub.signing_in
    wrong = _find_fault(own, asked)
    if wrong is not None:
        return wrong
    if not asked.get("as"):
        said = {"error": "access_denied", "error_description": "The user has denied your application access."}
        return _send_back(asked["redirect_uri"], said | {"state": asked.get("state", "")})
    own.authorized.add(asked["as"])
    code = Code(
        login=asked["as"],
        redirect=asked["redirect_uri"],
        challenge=asked.get("code_challenge", ""),
        expires=datetime.now(UTC) + _CODE_LIFE,
    )
    value = secrets.token_hex(10)
    own.codes[value] = code
    return _send_back(code.redirect, {"code": value, "state": asked.get("state", "")})


def _send_back(where: str | None, said: dict[str, str]) -> Reply:
    if where is None:
        return Reply(status=404, raw=b"Be careful! The redirect_uri is not associated with this application.")
    return Reply(status=302, raw=b"", headers={"Location": f"{where}?{urlencode(said)}"})


# --- tokens ---------------------------------------------------------------------------------------


def _give(hub: Hub, request: Request) -> Reply:
    own, asked = hub.signing_in, _read_asked(request)
    known = asked.get("client_id") == own.client_id
    if not known or not hmac.compare_digest(asked.get("client_secret", ""), own.client_secret):
        return _say(request, _wrong("incorrect_client_credentials"))
    if asked.get("grant_type") == "refresh_token":
        return _say(request, _refresh(own, asked))
    if asked.get("grant_type", "authorization_code") != "authorization_code":
        return _say(request, _wrong("unsupported_grant_type"))
    return _say(request, _exchange(own, asked))


def _read_asked(request: Request) -> dict[str, str]:
    """In the address, as a form, or as JSON."""
    if "json" in request.headers.get("content-type", ""):
        return {name: str(value) for name, value in request.json().items()}
    return request.query | dict(parse_qsl(request.body.decode(), keep_blank_values=True))


def _exchange(own: SigningIn, asked: dict[str, str]) -> Json:
    # A code is good for one attempt.
    code = own.codes.pop(asked.get("code", ""), None)
    if code is None or code.expires <= datetime.now(UTC):
        return _wrong("bad_verification_code")
    if asked.get("redirect_uri", code.redirect) != code.redirect:
        return _wrong("redirect_uri_mismatch")
    digest = hashlib.sha256(asked.get("code_verifier", "").encode()).digest()
    if code.challenge and base64.urlsafe_b64encode(digest).decode().rstrip("=") != code.challenge:
        return _wrong("bad_verification_code")
    return _issue(own, code.login)


def _refresh(own: SigningIn, asked: dict[str, str]) -> Json:
    former = own.refreshing.pop(asked.get("refresh_token", ""), None)
    token = own.tokens.pop(former, None) if former is not None else None
    return _wrong("bad_refresh_token") if token is None else _issue(own, token.login)


def _issue(own: SigningIn, login: str) -> Json:
    value = f"ghu_{secrets.token_hex(18)}"
    expires = None if own.life is None else datetime.now(UTC) + timedelta(seconds=own.life)
    own.tokens[value] = UserToken(value=value, login=login, expires=expires)
    given: Json = {"access_token": value, "token_type": "bearer", "scope": ""}
    if own.life is not None:
        renewing = f"ghr_{secrets.token_hex(38)}"
        own.refreshing[renewing] = value
        given |= {"expires_in": int(own.life), "refresh_token": renewing, "refresh_token_expires_in": 15_897_600}
    return given


def _wrong(error: str) -> Json:
    return {
        "error": error,
        "error_description": _ERRORS[error],
        "error_uri": "https://docs.github.com/apps/troubleshooting",
    }


def _say(request: Request, said: Json) -> Reply:
    """As a form, unless JSON is asked for."""
    if "json" in request.headers.get("accept", ""):
        return Reply(raw=json.dumps(said).encode(), headers={"Content-Type": "application/json; charset=utf-8"})
    text = urlencode(said)
    return Reply(raw=text.encode(), headers={"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"})


def answer_api(hub: Hub, request: Request) -> Reply | None:
    """``DELETE /applications/{client_id}/token``: "Delete an app token". A pair that is not the App's finds nothing."""
    path = request.path.removeprefix("/api/v3")
    if not path.startswith("/applications/"):
        return None
    hub.note_wrong(
        request, described.find_faults(re.sub("^/applications/[^/]+/", "/applications/{client_id}/", path), request)
    )
    own, pair = hub.signing_in, _read_basic(request)
    if request.method != "DELETE" or path != f"/applications/{own.client_id}/token":
        raise not_found()
    if pair != f"{own.client_id}:{own.client_secret}":
        raise not_found()
    value = str(request.json().get("access_token", ""))
    if own.find_login(value) is None:
        own.forget(value)
        # GitHub lists no status for it, and repeats what it does not like.
        raise ApiError(422, f"Validation failed: access_token {value} is invalid")
    own.forget(value)
    return Reply(status=204, raw=b"")


def _read_basic(request: Request) -> str:
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    return base64.b64decode(value).decode() if kind.lower() == "basic" else ""


def find_person(hub: Hub, request: Request) -> Account | None:
    """Whose user token a request bears, if it bears one that is good."""
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    login = hub.signing_in.find_login(value.strip()) if kind.lower() in ("bearer", "token") else None
    return hub.accounts.get(login) if login is not None else None
