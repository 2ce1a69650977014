"""Secrets never reach a log line; a line is never endless."""

from __future__ import annotations

import json
import logging
from typing import Literal

import pytest
import structlog

from bot.logs import REDACTED, OncePerPlace, Redaction, get_logger, set_up_logs


@pytest.mark.parametrize(
    "text",
    [
        "token ghs_0123456789abcdefABCDEF was used",
        "github_pat_11AAAAAAA0123456789_abcdef",
        "Authorization: Bearer eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIxIn0.c2lnbmF0dXJl",
        "fetch https://me:hunter2@pkg.example.org/simple",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\nMIIE cut off",
        "sha256=" + "ab" * 32,
    ],
)
def test_what_looks_like_a_secret_is_taken_out(text: str) -> None:
    cleaned = Redaction().redact(text)
    assert REDACTED in cleaned
    assert not any(part in cleaned for part in ("ghs_0", "0123456789_", "c2lnbmF0dXJl", "hunter2", "MIIE", "abab"))


def test_known_secrets_are_taken_out() -> None:
    assert Redaction(["hush-hush"]).redact("it is hush-hush!") == f"it is {REDACTED}!"


def test_short_secrets_do_not_eat_the_log() -> None:
    assert Redaction(["a", ""]).redact("a banana") == "a banana"


def test_telling_names_are_taken_out() -> None:
    event = Redaction()(
        None, "info", {"event": "the token", "api_token": "x", "Password": "y", "count": 3, "none": None}
    )
    assert event == {"event": "the token", "api_token": REDACTED, "Password": REDACTED, "count": 3, "none": None}


def test_values_within_values_keep_their_shape_and_no_secret() -> None:
    event = Redaction(["hush-hush"])(
        None,
        "info",
        {"forge": {"rest": 3, "api_token": "x", "said": "hush-hush!"}, "stages": ("clone", 1.5), "deep": [[[["a"]]]]},
    )
    assert event == {
        "forge": {"rest": 3, "api_token": REDACTED, "said": f"{REDACTED}!"},
        "stages": ["clone", 1.5],
        "deep": [[["['a']"]]],
    }
    assert isinstance(Redaction()(None, "info", {"many": ["x"] * 10_000})["many"], str)


def test_a_line_has_an_end() -> None:
    assert len(Redaction().redact("x" * 1_000_000)) < 4100


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_traceback_is_cleaned_too(capsys: pytest.CaptureFixture[str], log_format: Literal["text", "json"]) -> None:
    root, dbos = logging.getLogger(), logging.getLogger("dbos")
    before = (root.handlers, root.level, dbos.handlers, dbos.propagate)
    try:
        set_up_logs(log_format, secrets=["hush-hush"])
        try:
            raise ValueError("the secret is hush-hush")
        except ValueError:
            get_logger("test").exception("it failed", place="https://a:hush-hush@b")
            logging.getLogger("library").warning("it said %s", "hush-hush")
    finally:
        root.handlers, dbos.handlers, dbos.propagate = before[0], before[2], before[3]
        root.setLevel(before[1])
        structlog.reset_defaults()
    text = capsys.readouterr().err
    assert "hush-hush" not in text
    assert "ValueError" in text
    assert f"it said {REDACTED}" in text
    if log_format == "json":
        assert {json.loads(line)["level"] for line in text.splitlines()} == {"error", "warning"}


def test_a_library_that_repeats_itself_is_heard_once_a_minute() -> None:
    """DBOS while its database is away: from a few places, several times a second, with a traceback each."""
    now = [0.0]
    bounded = OncePerPlace(lambda: now[0])
    heard = []
    for tenth in range(1_500):
        now[0] = tenth / 10
        for line in (1, 2):
            record = logging.LogRecord(
                "dbos", 30, "queue.py", line, "no %s:\nTraceback\nit is away\n", ("database",), None
            )
            if bounded.filter(record):
                heard.append(record.getMessage())
    first, later = "no database: … it is away", "no database: … it is away (and 599 like it before)"
    assert heard == [first, first, later, later, later, later]


def test_secrets_that_come_later_are_redacted_too() -> None:
    redaction = Redaction(["first-secret"])
    for number in range(2000):
        redaction.learn(f"token-{number:06}")
    redaction.learn("first-secret-and-more")
    redaction.learn("x")
    said = redaction.redact("first-secret, first-secret-and-more, token-001999, x")
    assert said == f"{REDACTED}, {REDACTED}, {REDACTED}, x"
    assert redaction.redact("token-000001") == "token-000001", "long over"
