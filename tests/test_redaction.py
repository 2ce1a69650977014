"""Secrets in URLs appear in no message and no line of the log."""

from __future__ import annotations

import pytest

from bot.errors import IndexFailure, InputError
from bot.logs import Redaction
from bot.redaction import redact_urls
from bot.resolver.model.index import MetadataUnavailable

SIGNED = [
    "https://storage.googleapis.com/b/a.whl?X-Goog-Algorithm=GOOG4&X-Goog-Signature=s3cret",
    "https://b.s3.amazonaws.com/a.whl?X-Amz-Credential=s3cret%2F&X-Amz-Signature=s3cret&X-Amz-Security-Token=s3cret",
    "https://x.blob.core.windows.net/a.whl?sv=2020&sig=s3cret%3D",
    "https://cdn.example/a.whl?Expires=1&Signature=s3cret~&Key-Pair-Id=s3cret",
    "https://s3cret@example.com/simple",
    "https://user:s3cret@example.com/simple",
    "https://:s3cret@example.com/simple",
    "git+https://s3cret@example.com/a.git",
    "https://example.com/a?token=s3cret;other=s3cret#sha256=0",
]


@pytest.mark.parametrize("url", SIGNED)
def test_a_url_is_shown_without_its_secret(url: str) -> None:
    text = f"{url}: no answer ('{url}', <{url}>)"
    for shown in (
        redact_urls(text),
        str(IndexFailure(text)),
        str(MetadataUnavailable(text)),
        str(InputError(text, hint=text)),
        InputError(text).problem,
        Redaction()(None, "info", {"event": text, "url": url})["event"],
        Redaction()(None, "info", {"event": text, "url": url})["url"],
    ):
        assert "s3cret" not in shown
        assert "****" in shown or "[redacted]" in shown


@pytest.mark.parametrize(
    "text",
    ["words? with = signs", "https://example.com/a/b#sha256=0", "at https://x.org/a. Is it? yes=no", "a@b.c ://x"],
)
def test_other_text_stays(text: str) -> None:
    assert redact_urls(text) == text


def test_where_a_url_leads_is_still_told() -> None:
    assert redact_urls("http://u:p@x.org/a?b=c&d: gone") == "http://****@x.org/a?b=****&d: gone"
