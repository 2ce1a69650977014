"""Findings of a lock: one for each vulnerability, only of packages that everybody may know of, without those to ignore."""

from __future__ import annotations

import pytest
from packaging.version import Version

from bot.advisories.audit import LockToAudit, audit_locks
from bot.advisories.exceptions import Ignored
from bot.advisories.findings import Locked, find_findings, packages_of
from bot.advisories.osv import parse_advisory
from bot.lockfile.reader import parse_lock
from tests.advisories.service import Known
from tests.plan.security_runs import Records

PYPI = "https://pypi.org/simple"
INTERNAL = "https://corp.invalid/simple"

LOCK = f"""version = 1
revision = 3
requires-python = ">=3.12"

[[package]]
name = "alpha"
version = "1.0"
source = {{ registry = "{PYPI}" }}
dependencies = [
    {{ name = "beta" }},
]

[[package]]
name = "beta"
version = "2.0"
source = {{ registry = "{PYPI}" }}

[[package]]
name = "project"
version = "0.1.0"
source = {{ virtual = "." }}
dependencies = [
    {{ name = "alpha" }},
    {{ name = "secret-name" }},
    {{ name = "tool" }},
]

[[package]]
name = "secret-name"
version = "3.0"
source = {{ registry = "{INTERNAL}" }}

[[package]]
name = "tool"
version = "4.0"
source = {{ git = "https://git.invalid/tool#0123456789012345678901234567890123456789" }}
"""

ALPHA = Locked(name="alpha", version=Version("1.0"))


def test_packages_of_other_indexes_are_not_asked_about() -> None:
    asked = packages_of(parse_lock(LOCK, "uv.lock"), [PYPI])
    assert [(one.name, str(one.version)) for one in asked.packages] == [("alpha", "1.0"), ("beta", "2.0")]
    assert asked.unasked == 1
    named = packages_of(parse_lock(LOCK, "uv.lock"), [f"{PYPI}/", f"{INTERNAL}/"])
    assert [one.name for one in named.packages] == ["alpha", "beta", "secret-name"]


#: records -> the findings' identifiers, each with its aliases.
MERGED: dict[str, tuple[list[Known], list[tuple[str, ...]]]] = {
    "one record": ([Known(id="GHSA-1", name="alpha", aliases=["CVE-1"])], [("GHSA-1", "CVE-1")]),
    "two records of one vulnerability": (
        [Known(id="PYSEC-1", name="alpha", aliases=["CVE-1"]), Known(id="GHSA-1", name="alpha", aliases=["CVE-1"])],
        [("GHSA-1", "CVE-1", "PYSEC-1")],
    ),
    "a chain of aliases": (
        [
            Known(id="A-1", name="alpha", aliases=["CVE-1"]),
            Known(id="B-1", name="alpha", aliases=["CVE-2"]),
            Known(id="C-1", name="alpha", aliases=["CVE-1", "CVE-2"]),
        ],
        [("A-1", "B-1", "C-1", "CVE-1", "CVE-2")],
    ),
    "two vulnerabilities": (
        [Known(id="A-1", name="alpha"), Known(id="B-1", name="alpha")],
        [("A-1",), ("B-1",)],
    ),
    "one that was taken back": ([Known(id="A-1", name="alpha", more={"withdrawn": "2025-01-01T00:00:00Z"})], []),
}


@pytest.mark.parametrize(("records", "expected"), MERGED.values(), ids=MERGED)
def test_records_of_one_vulnerability_are_one_finding(records: list[Known], expected: list[tuple[str, ...]]) -> None:
    found = find_findings([ALPHA], {ALPHA: [parse_advisory(one.record()) for one in records]})
    assert [one.advisory.ids for one in found] == expected


def test_the_newest_record_says_what_mends_it() -> None:
    old = Known(id="A-1", name="alpha", aliases=["CVE-1"], spans=[("0", "1.5")], modified="2024-01-01T00:00:00Z")
    new = Known(id="B-1", name="alpha", aliases=["CVE-1"], spans=[("0", "1.6")], modified="2025-01-01T00:00:00Z")
    for records in ([old, new], [new, old]):
        (found,) = find_findings([ALPHA], {ALPHA: [parse_advisory(one.record()) for one in records]})
        assert (found.advisory.id, list(map(str, found.fixed_in))) == ("A-1", ["1.6"])


EMPTY = 'version = 1\nrevision = 3\nrequires-python = ">=3.12"\n'
FIXED = Known(id="GHSA-1", name="beta", aliases=["CVE-1"], spans=[("0", "2.1")])
UNFIXED = Known(id="GHSA-2", name="beta", aliases=["CVE-2"])

#: what is ignored -> what is found, what is ignored, what matches nothing.
IGNORED: dict[str, tuple[Ignored, list[str], list[str], list[str]]] = {
    "nothing": (Ignored(), ["GHSA-1", "GHSA-2"], [], []),
    "by its name": (Ignored(always=("GHSA-1",)), ["GHSA-2"], ["GHSA-1"], []),
    "by an alias": (Ignored(always=("CVE-2",)), ["GHSA-1"], ["GHSA-2"], []),
    "until it is fixed, which one is": (
        Ignored(until_fixed=("GHSA-1", "GHSA-2", "GHSA-3")), ["GHSA-1"], ["GHSA-2"], ["GHSA-3"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("ignored", "found", "left", "unmatched"), IGNORED.values(), ids=IGNORED)
def test_what_somebody_lives_with(ignored: Ignored, found: list[str], left: list[str], unmatched: list[str]) -> None:
    lock = LockToAudit(path="uv.lock", lock=parse_lock(LOCK, "uv.lock"), text=LOCK)
    (audited,) = audit_locks([lock], Records(FIXED, UNFIXED), [PYPI], ignored)
    assert [one.finding.advisory.id for one in audited.found] == found
    assert [one.finding.advisory.id for one in audited.ignored] == left
    assert list(audited.unmatched) == unmatched


def test_what_one_of_several_locks_has_is_not_said_to_be_nowhere() -> None:
    lock = LockToAudit(path="uv.lock", lock=parse_lock(LOCK, "uv.lock"), text=LOCK)
    other = LockToAudit(
        path="other/uv.lock", lock=parse_lock(EMPTY, "uv.lock"), text=EMPTY, ignored=Ignored(always=("CVE-2",))
    )
    both = audit_locks([lock, other], Records(FIXED, UNFIXED), [PYPI], Ignored(always=("GHSA-1", "GHSA-3")))
    # What the settings of one lock's project name is for that lock alone.
    assert [one.unmatched for one in both] == [("GHSA-3",), ("GHSA-3", "CVE-2")]


def test_a_finding_says_who_brings_the_package_and_where_the_lock_has_it() -> None:
    lock = LockToAudit(path="uv.lock", lock=parse_lock(LOCK, "uv.lock"), text=LOCK)
    (audited,) = audit_locks([lock], Records(FIXED), [PYPI], Ignored())
    (found,) = audited.found
    assert found.chain == ("project", "alpha", "beta")
    assert found.line is not None
    assert LOCK.splitlines()[found.line - 1 : found.line + 1] == ["[[package]]", 'name = "beta"']


def test_a_package_of_several_locks_is_asked_about_once() -> None:
    lock = LockToAudit(path="uv.lock", lock=parse_lock(LOCK, "uv.lock"), text=LOCK)
    service = Records(FIXED)
    audit_locks([lock, lock], service, [PYPI], Ignored())
    assert service.asked == ["alpha", "beta"]
