"""What every process of the server sets up first: clock, log, signals. Light: the web process loads no more than it needs."""

from __future__ import annotations

import signal
import threading
from datetime import UTC, datetime
from types import FrameType

from bot.logs import set_up_logs
from bot.settings import Settings, read_index_logins


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def start_logs(settings: Settings) -> None:
    """Everything that is a secret of this process is known to the log before its first line."""
    found = [settings.private_key, settings.webhook_secret, settings.database_url]
    secrets = [one.get_secret_value() for one in found if one is not None]
    secrets += [one.password for one in read_index_logins(settings.index_credentials)]
    set_up_logs(settings.log_format, secrets=secrets)


def stop_on_signals(stop: threading.Event) -> None:
    def handle(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handle)
