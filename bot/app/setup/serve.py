"""``lockbot serve`` from a server that has nothing to one that is in service, in one process."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from secrets import token_urlsafe

from bot.app.process import stop_on_signals
from bot.app.serve import ServeOptions, begin
from bot.app.setup.registrar import Registrar
from bot.app.setup.surroundings import Surroundings
from bot.app.start import check_surroundings
from bot.settings import Settings
from bot.web.listening import Address, make_listener
from bot.web.server import make_server
from bot.web.setup.arrivals import Arrivals, WatchedDoorway
from bot.web.setup.edge import Application
from bot.web.setup.site import PATH, SetupSite


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """``learn`` hears of secrets, to keep them out of the log; ``say`` shows the address to who started the server."""

    learn: Callable[[str], None]
    say: Callable[[str], None]


def serve_setup(settings: Settings, options: ServeOptions, announcement: Announcement) -> None:
    """Returns when told to stop by a signal."""
    gc.set_threshold(700, 10, 10)
    check_surroundings(settings)
    secret, arrivals = token_urlsafe(32), Arrivals()
    announcement.learn(secret)
    with ExitStack() as stack:

        def begin_service(complete: Settings) -> Application:
            parts = begin(complete, options, stack)
            return make_server(replace(parts, doorway=WatchedDoorway(parts.doorway, arrivals)))

        surroundings = Surroundings(learn=announcement.learn, draw=token_urlsafe, begin=begin_service, now=time.time)
        registrar = Registrar(settings, surroundings)
        site = SetupSite(registrar, secret, arrivals)
        stop_on_signals(threading.Event())
        announcement.say(f"{find_address(settings, options)}{PATH}?secret={secret}")
        make_listener(site, Address(host=options.host, port=options.port)).run()


def find_address(settings: Settings, options: ServeOptions) -> str:
    """Where a person opens this server, as far as it is known."""
    if settings.public_url is not None:
        return settings.public_url
    host = "127.0.0.1" if options.host in ("0.0.0.0", "::", "") else options.host  # noqa: S104
    return f"http://{f'[{host}]' if ':' in host else host}:{options.port}"
