"""What of a feed is new since it was read last."""

from __future__ import annotations

from bot.ports.indexes import Told
from bot.work.indexes.feed import compare


def told(*names: str) -> Told:
    return Told(entries=tuple((f"https://index.test/{name}", name.partition("-")[0]) for name in names))


def test_the_first_time_everything_may_have_changed() -> None:
    news = compare(told("alpha-2", "beta-1"), ())
    assert (news.packages, news.has_gap) == (frozenset({"alpha", "beta"}), True)


def test_only_entries_that_are_new_count() -> None:
    first = compare(told("beta-1", "alpha-1"), ())
    news = compare(told("alpha-2", "beta-1", "alpha-1"), first.known)
    assert (news.packages, news.has_gap) == (frozenset({"alpha"}), False)
    assert compare(told("alpha-2", "beta-1"), news.known).packages == frozenset()


def test_a_feed_that_has_nothing_of_what_it_had_may_have_lost_some() -> None:
    first = compare(told("beta-1", "alpha-1"), ())
    news = compare(told("delta-1", "gamma-1"), first.known)
    assert (news.packages, news.has_gap) == (frozenset({"delta", "gamma"}), True)


def test_an_empty_feed_says_nothing() -> None:
    first = compare(told("alpha-1"), ())
    news = compare(told(), first.known)
    assert (news.packages, news.has_gap, news.known) == (frozenset(), False, first.known)


def test_what_is_remembered_is_bounded() -> None:
    known: tuple[str, ...] = ()
    for part in range(20):
        known = compare(told(*(f"p{part}-{number}" for number in range(900))), known).known
    assert len(known) == 1000
