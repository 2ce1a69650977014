"""What every process of the server sets up first: log, signals. Light: the web process loads no more than it needs."""

from __future__ import annotations

import signal
import threading
import time
from types import FrameType

from bot.index.access.entries import Entry, known_secrets, read_entries
from bot.logs import Redaction, set_up_logs
from bot.proxies import list_passwords, read_proxies
from bot.settings import Settings, get_environment


def read_index_entries(settings: Settings) -> tuple[Entry, ...]:
    """What the operator has for private indexes; raises ``InputError``."""
    return read_entries(settings.index_credentials, get_environment(), time.time)


def start_logs(settings: Settings) -> Redaction:
    """Everything that is a secret of this process is known to the log before its first line; gives what later ones are
    told to."""
    proxies = read_proxies(get_environment())
    secrets = (*settings.list_secrets(), *list_passwords(proxies), *known_secrets(read_index_entries(settings)))
    return set_up_logs(settings.log_format, secrets=secrets)


def stop_on_signals(stop: threading.Event) -> None:
    def handle(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handle)
