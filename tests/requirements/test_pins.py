"""Pins as a lock: versions, forks, and who asks for what by the annotations."""

from __future__ import annotations

import pytest

from bot.lockfile.graph import parents_by_name
from bot.requirements.pins import pinned_lock
from bot.requirements.reader import parse_requirements

#: Text, ``name version`` of each package, and who asks for each that somebody asks for.
FILES = [
    ("", [], {}),
    ("flask==1.0\nidna>=2\njinja2==3.*\nclick===8", ["flask 1.0"], {}),
    ("flask==1.0\nidna==2\n    # via flask\n", ["flask 1.0", "idna 2"], {"idna": ("flask",)}),
    (
        (
            "flask==1.0\n    # via -r r.in\n"
            "idna==2\n    # via\n    #   flask\n    #   -r r.in\n    #   werkzeug (x)\nwerkzeug==3\n"
        ),
        ["flask 1.0", "idna 2", "werkzeug 3"],
        {"idna": ("flask", "werkzeug")},
    ),
    (
        "flask==1.0\nidna==2 # via Flask, -r r.in, jinja2\njinja2==3",
        ["flask 1.0", "idna 2", "jinja2 3"],
        {"idna": ("flask", "jinja2")},
    ),
    (
        (
            "flask==1.0 \\\n    --hash=sha256:aa\n    # via x\n"
            "idna==2 \\\n    --hash=sha256:bb \\\n    --hash=sha256:cc\n    # via flask\n"
        ),
        ["flask 1.0", "idna 2"],
        {"idna": ("flask",)},
    ),
    ("a==1 ; os_name == 'nt'\na==2 ; os_name != 'nt'\n", ["a 1 os_name == 'nt'", "a 2 os_name != 'nt'"], {}),
    ("e @ git+https://x.invalid/e@0123456\n-e ./here\n", ["e None"], {}),
]


@pytest.mark.parametrize(("text", "packages", "parents"), FILES, ids=range(len(FILES)))
def test_pins(text: str, packages: list[str], parents: dict[str, tuple[str, ...]]) -> None:
    lock = pinned_lock(parse_requirements(text, "r.txt"), text)
    assert [
        " ".join((one.name, str(one.version), *map(str, one.resolution_markers))) for one in lock.packages
    ] == packages
    assert {name: found for name, found in parents_by_name(lock).items() if found} == parents
