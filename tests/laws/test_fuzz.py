"""A fixed sample of ``bench/fuzz.py``: damaged texts are read, or refused with an error that is expected."""

from __future__ import annotations

import pytest

from bench.fuzz import READERS, Budget, Reader, make_input, try_input

#: No budget: time and memory are for long runs on a machine that does nothing else.
BUDGET = Budget(seconds=1000.0, memory=1 << 50)
COUNT = 60


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_damaged_input_is_read_or_refused(reader: Reader) -> None:
    found = [try_input(reader, 11, number, BUDGET) for number in range(COUNT)]
    assert [one for one in found if one is not None] == []


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_what_is_not_damaged_is_read(reader: Reader) -> None:
    for sample in reader.samples:
        reader.read(sample)


def test_an_input_is_made_of_its_seed_and_number() -> None:
    (lock,) = (one for one in READERS if one.name == "lock")
    assert make_input(lock, 1, 2) == make_input(lock, 1, 2) != make_input(lock, 1, 3)


def test_an_error_that_nobody_expects_is_found() -> None:
    def read(_: str | bytes) -> None:
        raise ZeroDivisionError

    finding = try_input(Reader(name="bad", samples=["x"], read=read), 1, 7, BUDGET)
    assert finding is not None
    assert (finding.reader, finding.number) == ("bad", 7)
    assert finding.problem.startswith("ZeroDivisionError at test_fuzz.py:")
