"""Whose request it is: the one browser that set-up belongs to, by its cookie, and for a change by its form too."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from bot.addresses import is_server_address
from bot.web.setup.doorkeeper import Doorkeeper, Refusal, Session
from bot.web.signin.cookies import Jar
from bot.web.signin.forms import read_form

_COOKIE = "lockbot-setup"
#: Seconds that a browser keeps it.
_LIFE = 7200.0


class Entrance:
    """``origin`` is where the browser that was let in sees this server, "" where that is not known."""

    def __init__(self, doorkeeper: Doorkeeper) -> None:
        self.doorkeeper = doorkeeper
        self.origin = ""
        self._jar = Jar(is_secure=False)

    async def enter(self, request: Request) -> Session | Refusal:
        """With the secret of the printed address, in a form: whatever fetches an address that is pasted somewhere does not use
        it up."""
        form = await read_form(request)
        entered = self.doorkeeper.enter(form.get("secret", ""))
        if isinstance(entered, Session):
            self.origin = _find_origin(request)
            self._jar = Jar(is_secure=self.origin.startswith("https://"))
        return entered

    def put_cookie(self, session: Session, answer: Response) -> None:
        self._jar.put(answer, _COOKIE, session.cookie, seconds=_LIFE)

    def find(self, request: Request) -> Session | None:
        return self.doorkeeper.find(self._jar.find(request.headers, _COOKIE))

    async def read(self, request: Request) -> tuple[Session | None, Mapping[str, str]]:
        """None where the form is not one that this browser got from here."""
        session, form = self.find(request), await read_form(request)
        if session is None or not session.is_token(form.get("token", "")):
            return None, {}
        return session, form


def _find_origin(request: Request) -> str:
    """Where this browser sees the server: a proposal, which a person confirms. Who asks has shown the secret of the printed
    address, so that it is no stranger's word."""
    said = request.headers.get("x-forwarded-proto", request.url.scheme)
    is_secure = said.partition(",")[0].strip().lower() == "https"
    found = f"{'https' if is_secure else 'http'}://{request.headers.get('host', '')}"
    return found if is_server_address(found) else ""
