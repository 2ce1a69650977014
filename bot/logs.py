"""Log set-up: one line per event on standard error, as text or JSON; bound context; secrets taken out.

Library loggers pass through the same lines. Redaction is the last resort behind types that hide their secrets.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from bot.ports.journal import LogLine, find_journal
from bot.printable import printable
from bot.redaction import redact_urls
from bot.wall import make_reference

REDACTED = "[redacted]"
_LIMIT = 4000
#: Tokens that are renewed come to more and more.
_MOST_SECRETS = 1000

_SHAPES = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)"
    r"|\bgh[opsur]_[A-Za-z0-9_.-]{10,}|\bgithub_pat_[A-Za-z0-9_]{10,}"
    r"|\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]+"
    r"|(?<=://)[^/\s@:]*:[^/\s@]+(?=@)"
    r"|(?<=sha256=)[0-9a-f]{64}",
    re.DOTALL,
)
_NAMES = re.compile(r"authorization|password|secret|token|private_key|credential", re.IGNORECASE)


class Redaction:
    """Takes known secrets, things shaped like one and values under telling names out of an event; bounds its length."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._given = frozenset(one for one in secrets if len(one) >= 6)
        self._learnt: tuple[str, ...] = ()
        self._secrets = self._in_order()

    def learn(self, secret: str) -> None:
        """From now on this is taken out too. Of secrets that came one after the other the last ones are remembered."""
        if len(secret) >= 6 and secret not in self._secrets:
            self._learnt = (*self._learnt[1 - _MOST_SECRETS :], secret)
            self._secrets = self._in_order()

    def _in_order(self) -> tuple[str, ...]:
        # One may be a part of another.
        return tuple(sorted((*self._given, *self._learnt), key=len, reverse=True))

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {
            key: REDACTED if key != "event" and _NAMES.search(key) else self._clean(value)
            for key, value in event.items()
        }

    def redact(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, REDACTED)
        text = redact_urls(_SHAPES.sub(REDACTED, text), REDACTED)
        return text if len(text) <= _LIMIT else f"{text[:_LIMIT]}… ({len(text)} characters)"

    def _clean(self, value: Any, depth: int = 3) -> Any:
        """JSON keeps the shape of what is small and flat."""
        if value is None or isinstance(value, bool | int | float):
            return value
        if not depth or not isinstance(value, Mapping | list | tuple) or len(str(value)) > _LIMIT:
            return self.redact(value if isinstance(value, str) else str(value))
        if not isinstance(value, Mapping):
            return [self._clean(one, depth - 1) for one in value]
        return {
            self.redact(str(key)): REDACTED if _NAMES.search(str(key)) else self._clean(one, depth - 1)
            for key, one in value.items()
        }


class OncePerPlace(logging.Filter):
    """Lets one line in a minute through from each place in a program's code, and says how many it kept back. A message of
    many lines becomes one."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, every: float = 60.0) -> None:
        super().__init__()
        self._clock = clock
        self._every = every
        self._lock = threading.Lock()
        self._places: dict[tuple[str, int], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        place, now = (record.pathname, record.lineno), self._clock()
        with self._lock:
            since, kept_back = self._places.get(place, (-self._every, 0))
            if now - since < self._every:
                self._places[place] = (since, kept_back + 1)
                return False
            self._places[place] = (now, 0)
        lines = [line for line in record.getMessage().splitlines() if line.strip()]
        # What it says first, and what a traceback ends with.
        said = " … ".join(dict.fromkeys((*lines[:1], *lines[-1:])))
        record.msg, record.args = said + (f" (and {kept_back} like it before)" if kept_back else ""), ()
        return True


def set_up_logs(
    log_format: Literal["text", "json"], *, secrets: Iterable[str] = (), level: int = logging.INFO
) -> Redaction:
    """Route structlog and the standard library's loggers to standard error. Call once, first thing in a process.

    Gives what takes secrets out, to which later ones can be told.
    """
    redaction = Redaction(secrets)
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redaction,
        _keep_line,
    ]
    renderer: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    _quieten()
    # DBOS adds a handler of its own unless its logger has one. While its database is away it says so several times a second.
    bounded = logging.StreamHandler(sys.stderr)
    bounded.setFormatter(handler.formatter)
    bounded.addFilter(OncePerPlace())
    logging.getLogger("dbos").handlers = [bounded]
    logging.getLogger("dbos").propagate = False
    return redaction


#: What each line of a job bears, and what is told otherwise or to operators alone.
_LEFT_OUT = frozenset(
    {
        "attempt",
        "delivery",
        "event",
        "exception",
        "installation",
        "job",
        "kind",
        "level",
        "logger",
        "repository",
        "timestamp",
    }
)


def _keep_line(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """What a job says is kept for its people too, but for the inside of failures."""
    journal = find_journal()
    if journal is not None:
        more = {name: str(value) for name, value in event.items() if name not in _LEFT_OUT and not name.startswith("_")}
        level, said = str(event.get("level", "")), str(event.get("event", ""))
        journal.write(LogLine(moment=time.time(), level=level, event=said, more=more))
    return event


def _quieten() -> None:
    for name in (
        "httpx",
        "httpcore",
        "githubkit",
        "apscheduler",
        "dbos",
        "uvicorn.access",
        "uvicorn.error",
        "hpack",
        "botocore",
        "azure",
        "msal",
        "google",
        "urllib3",
    ):
        logging.getLogger(name).setLevel(logging.WARNING)


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(name)
    return logger


def keep_error(error: Exception, place: str) -> str:
    """Log an error that nobody expected, as ``bot.wall.KeepError`` wants it; gives its reference."""
    reference = make_reference(error, place)
    get_logger("lockbot.run").error("unexpected failure", reference=reference, place=printable(place), exc_info=error)
    return reference
