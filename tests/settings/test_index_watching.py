"""The settings of index watching."""

from __future__ import annotations

import pytest

from bot.errors import InputError
from bot.settings import read_settings

PYPI = {"https://pypi.org/simple": "https://pypi.org/rss/updates.xml"}
MIRROR = "https://mirror.test/simple"


@pytest.mark.parametrize(
    ("said", "feeds"),
    [
        ("", PYPI),
        ("none", {}),
        (f"{MIRROR}/=https://mirror.test/rss?kind=new", {**PYPI, MIRROR: "https://mirror.test/rss?kind=new"}),
        ("https://pypi.org/simple=https://feeds.test/pypi", {"https://pypi.org/simple": "https://feeds.test/pypi"}),
    ],
)
def test_feeds_are_pairs_of_an_index_and_its_feed(
    said: str, feeds: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCKBOT_INDEX_FEEDS", said)
    assert read_settings().all_index_feeds == feeds


@pytest.mark.parametrize("said", [MIRROR, f"{MIRROR}=ftp://x", "https://u:hush@m.test/simple=https://m.test/rss"])
def test_what_is_no_pair_is_refused(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCKBOT_INDEX_FEEDS", said)
    with pytest.raises(InputError, match="LOCKBOT_INDEX_FEEDS: must be pairs like") as caught:
        read_settings()
    assert "hush" not in str(caught.value)
