"""Changes to manifests that people make, or might: what ``bench/mutations.py`` draws from a seed.

A document is changed as a value and written again, so that every change stays TOML; a few changes are made to the text.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from datetime import date, datetime, time
from typing import Any, TypeAlias

#: A place in a document: keys and positions from the top.
Place: TypeAlias = tuple[str | int, ...]

NAMES = ("harbor", "lantern", "moonphase", "winch", "chartroom", "compass", "sextant", "brush", "no-such-package")
_SPECIFIERS = (
    "",
    ">=1",
    "==1.0",
    "==2.*",
    "~=1.1",
    ">=1,<2",
    "!=1.1",
    "<1",
    ">2,<1",
    "===1.0",
    ">=1.0a1",
    "==1.0+local",
    "> 1 , < 3",
)
_BROKEN_SPECIFIERS = (
    ">=",
    "=1.0",
    "^1.2",
    "1.0",
    ">=1.x",
    "==1.0.*.*",
    "~=1",
    ">=1 <2",
    "@ nowhere",
    "=>1",
    ">=1,,<2",
    ">=1,",
)
_MARKERS = (
    "python_version < '3.12'",
    "python_full_version >= '3.13.1'",
    "sys_platform == 'win32'",
    "sys_platform != 'linux' and platform_machine == 'arm64'",
    "extra == 'plot'",
    "implementation_name == 'pypy' or os_name == 'nt'",
    "python_version in '3.11 3.12'",
    "platform_release >= '5'",
    "python_version < 3.12",
    "sys_platfrom == 'linux'",
    "'linux' == sys_platform",
    "python_version == '3.12.*'",
    "python_version ~= '3.11'",
    "sys.platform == 'linux'",
    "",
)
_EXTRAS = ("", "", "", "[color]", "[color,wide]", "[no-such]", "[Color]", "[]", "[ color ]", "[-]")
_VERSIONS = (
    "1.0",
    "2",
    "0",
    "1.0.dev1",
    "1!2.0",
    "v1.0",
    "1.0-1",
    "1.0+l.1",
    "1.0.x",
    "",
    "latest",
    "01.2",
    "1_0",
    " 1.0",
)
_NAME_TEXTS = ("demo", "Demo.Name", "demo__x", "-demo", "demo-", "dé", "", "a b", "harbor", "9", "a" * 70)
_PYTHONS = (
    ">=3.12",
    ">=3.8,<3.13",
    "==3.12.*",
    ">=3.9,!=3.10.*",
    "~=3.11",
    "3.12",
    ">=3.12.1",
    "<3.9",
    ">=4",
    "*",
    ">3.8",
    ">=3.13,<3.11",
    "",
)
_DATES = (
    "2026-03-01",
    "2026-03-01T00:00:00Z",
    "2025-06-01T00:00:00Z[UTC]",
    "2026-03-01T12:00:00+02:00",
    "20260301",
    "2026-02-30",
    "30 days",
    "P30D",
    "P1M",
    "1 week",
    "yesterday",
    "2026-03-01 10:00",
    "false",
    "",
)
_PATHS = (
    ".",
    "..",
    "local",
    "/nowhere",
    "libs/core",
    "no/such",
    "INTERNAL",
    "LINKS",
    "local/pyproject.toml",
    "",
    "a\u0000b",
)
_GLOBS = (
    "libs/*",
    "**",
    "libs/c?re",
    "libs/[",
    "apps/../libs/core",
    "member",
    "/abs",
    "",
    "libs/*/",
    "./libs/*",
    "***",
    "{libs,apps}/*",
)
_OTHER: tuple[Any, ...] = (
    0, 1, -1, 2**63, 1.5, True, False, "", "x", [], ["x"], [1], [[]], {}, {"x": 1}, [{}], [{"name": "x"}],
    date(2026, 1, 2), datetime.fromisoformat("2026-01-02T03:04"), time(3, 4),
)  # fmt: skip


def _requirement(draw: random.Random) -> str:
    name = draw.choice(NAMES)
    if draw.random() < 0.1:
        name = draw.choice((name.title(), name.replace("-", "_"), f"{name}!", f" {name}", ""))
    specifier = draw.choice(_BROKEN_SPECIFIERS if draw.random() < 0.15 else _SPECIFIERS)
    if draw.random() < 0.2:
        specifier = f" ({specifier})"
    marker = f" ; {draw.choice(_MARKERS)}" if draw.random() < 0.3 else ""
    return f"{name}{draw.choice(_EXTRAS)}{specifier}{marker}"


def _requirements(draw: random.Random) -> Any:
    return [_requirement(draw) for _ in range(draw.randrange(4))]


def _names(draw: random.Random) -> Any:
    return [draw.choice((*NAMES, "lint", "dev", "plot", "Dev", "-")) for _ in range(draw.randrange(3))]


def _one(*values: Any) -> Callable[[random.Random], Any]:
    return lambda draw: deepcopy(draw.choice(values))


def _index(draw: random.Random) -> dict[str, Any]:
    made: dict[str, Any] = {
        "name": draw.choice(("internal", "main", "other", "Other_1", "a b", "ü", "")),
        "url": _index_url(draw),
    }
    for key, values in _INDEX_KEYS.items():
        if draw.random() < 0.15:
            made[key] = values(draw)
    if draw.random() < 0.2:
        del made[draw.choice(("name", "url"))]
    return made


def _index_url(draw: random.Random) -> str:
    return draw.choice(("INTERNAL", "INTERNAL", "MAIN", "MAIN", "LINKS", "", "../nowhere"))


def _source(draw: random.Random) -> dict[str, Any]:
    kind = draw.choice(tuple(_SOURCE_KINDS))
    made = {kind: _SOURCE_KINDS[kind](draw)}
    for key, values in {**_SOURCE_KEYS, **_SOURCE_KINDS}.items():
        if draw.random() < 0.08:
            made[key] = values(draw)
    return made


def _sources(draw: random.Random) -> Any:
    return _source(draw) if draw.random() < 0.8 else [_source(draw) for _ in range(draw.randrange(3))]


def _table(keys: Sequence[str], values: Callable[[random.Random], Any]) -> Callable[[random.Random], Any]:
    return lambda draw: {draw.choice(keys): values(draw) for _ in range(draw.randrange(3))}


def _several(values: Callable[[random.Random], Any], most: int = 3) -> Callable[[random.Random], Any]:
    return lambda draw: [values(draw) for _ in range(draw.randrange(most))]


def _either(*readers: Callable[[random.Random], Any]) -> Callable[[random.Random], Any]:
    return lambda draw: draw.choice(readers)(draw)


def _conflict(draw: random.Random) -> dict[str, Any]:
    kinds = {
        "extra": ("plot", "cpu", "gpu", "all", "no-such"),
        "group": ("dev", "test", "old", "new", "no-such"),
        "package": NAMES,
    }
    return {kind: draw.choice(kinds[kind]) for kind in draw.sample(tuple(kinds), draw.choice((1, 1, 1, 2)))}


def _metadata(draw: random.Random) -> dict[str, Any]:
    made: dict[str, Any] = {"name": draw.choice(NAMES)}
    if draw.random() < 0.6:
        made["version"] = draw.choice(("1.0", "2.0", *_VERSIONS))
    if draw.random() < 0.7:
        made["requires-dist"] = _requirements(draw)
    for key, values in {
        "requires-python": _one(*_PYTHONS),
        "provides-extras": _names,
        "provides-extra": _names,
        "requires": _names,
    }.items():
        if draw.random() < 0.15:
            made[key] = values(draw)
    return made


def _scoped(draw: random.Random) -> Any:
    package: dict[str, Any] = {"name": draw.choice(NAMES)}
    if draw.random() < 0.4:
        package["version"] = draw.choice(("1.0", "2.0", *_VERSIONS))
    return {"package": package, "dependencies": _requirements(draw)}


def _group_item(draw: random.Random) -> Any:
    if draw.random() < 0.6:
        return _requirement(draw)
    return {
        draw.choice(("include-group", "include-group", "include-groups", "set-phasers-to")): draw.choice(
            ("dev", "test", "Lint", "nowhere", "x")
        )
    }


_flag = _one(True, False)
_cutoff = _either(_one(*_DATES), _one(*_DATES), _one(False, True, {"span": "P1D", "timestamp": "2026-01-01T00:00:00Z"}))
_marker = _one(*_MARKERS)
_INDEX_KEYS: Mapping[str, Callable[[random.Random], Any]] = {
    "explicit": _flag,
    "default": _flag,
    "format": _one("simple", "flat", "other"),
    "authenticate": _one("auto", "always", "never", "sometimes"),
    "ignore-error-codes": _one([], [403], [99], ["403"]),
    "publish-url": _one("https://upload.invalid", "x"),
    "exclude-newer": _cutoff,
    "cache-control": _one({"api": "max-age=600"}, {"api": 1}, {}),
    "hash-algorithm": _one("sha256", "sha1"),
    "no-such": _flag,
}
_SOURCE_KINDS: Mapping[str, Callable[[random.Random], Any]] = {
    "path": _one(*_PATHS),
    "index": _one("internal", "main", "nowhere", "a b"),
    "workspace": _one(True, False, "other"),
}
_SOURCE_KEYS: Mapping[str, Callable[[random.Random], Any]] = {
    "marker": _marker,
    "extra": _one("plot", "cpu", "nowhere"),
    "group": _one("dev", "test", "nowhere"),
    "editable": _flag,
    "package": _flag,
    "subdirectory": _one("x", ""),
    "rev": _one("abc"),
    "tag": _one("v1"),
    "develop": _flag,
    "url": _one("https://files.invalid/x-1.0-py3-none-any.whl", "x"),
    "git": _one("https://git.invalid/x", "x"),
}

#: Keys of ``[tool.uv]`` and values, plausible or not quite.
SETTINGS: Mapping[str, Callable[[random.Random], Any]] = {
    "index": _several(_index),
    "index-url": _index_url,
    "extra-index-url": _several(_index_url),
    "find-links": _either(_one(["LINKS"], "LINKS", ["nowhere"], [])),
    "no-index": _flag,
    "index-strategy": _one("first-index", "unsafe-first-match", "unsafe-best-match", "best"),
    "keyring-provider": _one("disabled", "subprocess", "auto"),
    "resolution": _one("highest", "lowest", "lowest-direct", "newest"),
    "prerelease": _one("allow", "disallow", "explicit", "if-necessary", "if-necessary-or-explicit", "never"),
    "prerelease-package": _table((*NAMES, "Harbor"), _one("allow", "disallow", "maybe")),
    "fork-strategy": _one("fewest", "requires-python", "most"),
    "dependency-metadata": _several(_metadata),
    "config-settings": _one({}, {"a": "b"}, {"a": ["b"]}, {"a": 1}),
    "config-settings-package": _one({"harbor": {"a": "b"}}, {"harbor": 1}),
    "no-build-isolation": _flag,
    "no-build-isolation-package": _names,
    "extra-build-dependencies": _one(
        {"harbor": ["winch"]}, {"harbor": [{"requirement": "winch", "match-runtime": True}]}, {"harbor": "winch"}
    ),
    "extra-build-variables": _one({"harbor": {"A": "1"}}, {"harbor": {"A": 1}}),
    "exclude-newer": _cutoff,
    "exclude-newer-package": _table((*NAMES, "Harbor"), _cutoff),
    "link-mode": _one("copy", "hardlink", "reflink", "move"),
    "compile-bytecode": _flag,
    "no-sources": _flag,
    "no-sources-package": _names,
    "upgrade": _flag,
    "upgrade-package": _requirements,
    "reinstall": _flag,
    "reinstall-package": _names,
    "no-build": _flag,
    "no-build-package": _names,
    "no-binary": _flag,
    "no-binary-package": _names,
    "torch-backend": _one("auto", "cpu", "cu128", "cu999"),
    "required-version": _one(">=0.5", "0.13.9", ">=99", "==0.13.*", "new"),
    "system-certs": _flag,
    "native-tls": _flag,
    "no-cache": _flag,
    "cache-dir": _one("../cache-of-a-mutation", 1),
    "preview": _one(False, True, "yes"),
    "preview-features": _one(
        [],
        False,
        ["no-such"],
        [""],
        True,
        ["lockfile-normalization"],
        ["resolution-inputs"],
        ["missing-exclude-newer-package-lock"],
        ["lock-without-metadata", "no-such"],
    ),
    "python-preference": _one("only-managed", "system", "mine"),
    "python-downloads": _one("never", "automatic", "auto", "always"),
    "concurrent-downloads": _one(1, 0, -1, "4"),
    "allow-insecure-host": _one(["h:80"], ["h:x"], "h", [{"host": "h"}]),
    "python-install-mirror": _one("https://m.invalid", 1),
    "publish-url": _one("https://upload.invalid", "upload"),
    "trusted-publishing": _one("always", "perhaps"),
    "check-url": _one("https://i.invalid/simple", "x"),
    "add-bounds": _one("major", "patch"),
    "audit": _one({}, {"ignore": ["x"]}, {"ignore": "x"}),
    "pip": _one({}, {"strict": True}, {"no-such": 1}, {"python-version": "3.12"}, {"index-url": "MAIN"}),
    "cache-keys": _one([], [{"file": "x"}], ["x"], [{"git": True}], [{"file": 1}]),
    "override-dependencies": _either(_requirements, _several(_scoped)),
    "exclude-dependencies": _either(_names, _several(_scoped)),
    "constraint-dependencies": _requirements,
    "build-constraint-dependencies": _requirements,
    "environments": _either(_marker, _several(_marker)),
    "required-environments": _either(_marker, _several(_marker)),
    "minimum-libc-version": _one({"glibc": "2.28"}, {"musl": "1.2"}, {"glibc": 2}, {"other": "1"}),
    "conflicts": _several(_several(_conflict, 4)),
    "workspace": _one({}, {"members": []}, {"members": ["libs/*"]}, {"member": []}, {"members": "libs/*"}),
    "sources": _table((*NAMES, "Harbor", "local-part"), _sources),
    "managed": _flag,
    "package": _flag,
    "default-groups": _one("all", "none", ["dev"], ["nowhere"], [], ["Dev", "dev"]),
    "dependency-groups": _table(
        ("dev", "test", "lint", "nowhere"),
        _one({}, {"requires-python": ">=3.12"}, {"requires-python": "x"}, {"other": 1}),
    ),
    "dev-dependencies": _requirements,
    "build-backend": _one({}, 1, {"module-name": "x"}),
    "scripts": _one({"a": "b"}),
    "index-strategies": _one("first-index"),
}

#: Keys of ``[project]``.
PROJECT: Mapping[str, Callable[[random.Random], Any]] = {
    "name": _one(*_NAME_TEXTS),
    "version": _one(*_VERSIONS),
    "requires-python": _one(*_PYTHONS),
    "dependencies": _requirements,
    "optional-dependencies": _table(("plot", "Plot", "cpu", "all", "-"), _requirements),
    "dynamic": _one([], ["version"], ["readme"], "version", [1], ["classifiers", "version"]),
    "description": _one("x", 1),
    "readme": _one("README.md", "nowhere.md", {"file": "README.md"}, 1),
    "license": _one("MIT", {"text": "MIT"}, {"file": "LICENSE"}, 1),
    "authors": _one([], [{"name": "x"}], ["x"], "x"),
    "keywords": _one([], ["x"], "x"),
    "classifiers": _one([], ["Private :: x"], "x", [1]),
    "urls": _one({}, {"Home": "x"}, 1),
    "scripts": _one({}, {"x": "y:z"}, 1),
    "entry-points": _one({}, {"x": {"y": "z"}}),
    "import-names": _one(["x"]),
    "no-such": _one(1),
}

#: Keys at the top of a manifest.
TOP: Mapping[str, Callable[[random.Random], Any]] = {
    "build-system": _one(
        {}, {"requires": []}, {"requires": ["hatchling"], "build-backend": "hatchling.build"}, {"requires": "x"}, 1
    ),
    "dependency-groups": _table(("dev", "Dev", "test", "lint", "x", "-"), _several(_group_item, 4)),
    "project": _one({}, {"name": "x"}, {"name": "x", "version": "1"}),
    "tool": _one({}, {"uv": {}}, {"poetry": {"name": "x"}}, {"uv": 1}),
    "no-such": _one(1, {}),
}

#: What else may be said at a place, by the last keys that lead there.
_TABLES: Mapping[Place, Mapping[str, Callable[[random.Random], Any]]] = {
    (): TOP,
    ("project",): PROJECT,
    ("tool", "uv"): SETTINGS,
    ("tool", "uv", "sources"): dict.fromkeys((*NAMES, "Harbor"), _sources),
    ("tool", "uv", "workspace"): {
        "members": _several(_one(*_GLOBS)),
        "exclude": _several(_one(*_GLOBS)),
        "no-such": _flag,
    },
    ("dependency-groups",): dict.fromkeys(("dev", "Dev", "test", "lint", "x"), _several(_group_item, 4)),
    ("project", "optional-dependencies"): dict.fromkeys(("plot", "Plot", "x", "cpu"), _requirements),
}

Document: TypeAlias = dict[str, Any]
#: A change gives the place it touched and its name, or ``None`` where it does not apply.
Change: TypeAlias = Callable[[Document, random.Random], "tuple[Place, str] | None"]


def change(document: Document, draw: random.Random, kind: str) -> str:
    """Make one to three changes in place; returns what was done. ``kind``: ``pyproject``, ``uv.toml`` or ``script``."""
    done: list[str] = []
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        made = (
            draw.choice(_CHANGES)(document, draw)
            if kind == "pyproject"
            else draw.choice(_OF_SETTINGS[kind])(document, draw)
        )
        if made is not None:
            done.append(f"{made[1]} {show(made[0])}")
    return " + ".join(done)


def show(place: Place) -> str:
    return ".".join("[]" if isinstance(key, int) else key for key in place) or "the top"


def _walk(value: Any, place: Place = ()) -> list[Place]:
    found = [place]
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        found += _walk(child, (*place, key))
    return found


def _at(document: Document, place: Place) -> Any:
    value: Any = document
    for key in place:
        value = value[key]
    return value


def _pick(document: Document, draw: random.Random, kinds: type | tuple[type, ...] = object) -> Place | None:
    """A place below what uv reads, its values of some types."""
    places = [
        place for place in _walk(document) if place and _is_read(place) and isinstance(_at(document, place), kinds)
    ]
    return draw.choice(places) if places else None


def _is_read(place: Place) -> bool:
    return place[0] != "tool" or len(place) == 1 or place[1] == "uv"


def _remove(document: Document, draw: random.Random) -> tuple[Place, str] | None:
    place = _pick(document, draw)
    if place is None:
        return None
    del _at(document, place[:-1])[place[-1]]
    return place, "removed"


def _misspell(document: Document, draw: random.Random) -> tuple[Place, str] | None:
    place = _pick(document, draw)
    if place is None or not isinstance(place[-1], str) or not place[-1]:
        return None
    table, key = _at(document, place[:-1]), place[-1]
    at = draw.randrange(len(key))
    other = draw.choice(
        (
            key[:at] + key[at + 1 :],
            key.replace("-", "_"),
            key.upper(),
            key + "s",
            key[:at] + "x" + key[at:],
            key.title(),
        )
    )
    if other == key or other in table:
        return None
    # The order of keys stays.
    items = [(other if name == key else name, child) for name, child in table.items()]
    table.clear()
    table.update(items)
    return place, "misspelt"


def _retype(document: Document, draw: random.Random) -> tuple[Place, str] | None:
    place = _pick(document, draw)
    if place is None:
        return None
    _at(document, place[:-1])[place[-1]] = deepcopy(draw.choice(_OTHER))
    return place, "another type for"


def _add(document: Document, draw: random.Random) -> tuple[Place, str] | None:
    where = draw.choice((*_TABLES, ("tool", "uv"), ("tool", "uv"), ("tool", "uv"), ("project",)))
    return _put(document, draw, where, _TABLES[where])


def _add_setting(document: Document, draw: random.Random) -> tuple[Place, str] | None:
    return _put(document, draw, (), SETTINGS)


def _add_script_setting(document: Document, draw: random.Random) -> tuple[Place, str] | None:
    if draw.random() < 0.3:
        return _put(
            document, draw, (), {"dependencies": _requirements, "requires-python": _one(*_PYTHONS), "no-such": _flag}
        )
    return _put(document, draw, ("tool", "uv"), SETTINGS)


def _put(
    document: Document, draw: random.Random, where: Place, values: Mapping[str, Callable[[random.Random], Any]]
) -> tuple[Place, str] | None:
    table: Any = document
    for part in where:
        table = table.setdefault(part, {}) if isinstance(table, dict) else None
    if not isinstance(table, dict):
        return None
    key = draw.choice(tuple(values))
    table[key] = values[key](draw)
    return (*where, key), "stated"


def _change_requirement(document: Document, draw: random.Random) -> tuple[Place, str] | None:
    places = [
        place
        for place in _walk(document)
        if place and "dependencies" in show(place) and isinstance(_at(document, place), list)
    ]
    if not places:
        return None
    place = draw.choice(places)
    items = _at(document, place)
    made = _group_item(draw) if place[0] == "dependency-groups" else _requirement(draw)
    if items and draw.random() < 0.6:
        items[draw.randrange(len(items))] = made
    else:
        items.append(made)
    return place, "another requirement in"


def _repeat(document: Document, draw: random.Random) -> tuple[Place, str] | None:
    place = _pick(document, draw, list)
    if place is None or not _at(document, place):
        return None
    items = _at(document, place)
    items.append(deepcopy(draw.choice(items)))
    return place, "repeated an item of"


def _shuffle(document: Document, draw: random.Random) -> tuple[Place, str] | None:
    place = _pick(document, draw, list)
    if place is None:
        return None
    draw.shuffle(_at(document, place))
    return place, "another order of"


def _respell_text(document: Document, draw: random.Random) -> tuple[Place, str] | None:
    place = _pick(document, draw, str)
    if place is None:
        return None
    text = _at(document, place)
    at = draw.randrange(len(text) + 1)
    made = draw.choice(
        (
            text.upper(),
            f" {text}",
            f"{text} ",
            text[:at] + text[at + 1 :],
            text[:at] + draw.choice("-_.!@;,' \u00e9") + text[at:],
        )
    )
    _at(document, place[:-1])[place[-1]] = made
    return place, "another spelling of"


_CHANGES: tuple[Change, ...] = (
    _remove, _misspell, _misspell, _retype, _retype, _add, _add, _add, _add, _add,
    _change_requirement, _change_requirement, _repeat, _shuffle, _respell_text,
)  # fmt: skip
_OF_SETTINGS: Mapping[str, tuple[Change, ...]] = {
    "uv.toml": (_remove, _misspell, _retype, _add_setting, _add_setting, _add_setting, _repeat, _respell_text),
    "script": (
        _remove,
        _misspell,
        _retype,
        _add_script_setting,
        _add_script_setting,
        _change_requirement,
        _repeat,
        _respell_text,
    ),
}

# --- texts ----------------------------------------------------------------------------------------


def change_text(text: str, draw: random.Random) -> tuple[str, str]:
    """One change to the text itself, and its name."""
    lines = text.split("\n")
    at = draw.randrange(len(lines))
    match draw.randrange(9):
        case 0:
            return f"\ufeff{text}", "a byte order mark"
        case 1:
            return text.replace("\n", "\r\n"), "line ends of Windows"
        case 2:
            return "\n".join(lines[:at] + lines[at + 1 :]), "a line removed"
        case 3:
            return "\n".join([*lines[: at + 1], *lines[at:]]), "a line repeated"
        case 4:
            return "\n".join(
                [
                    *lines[:at],
                    draw.choice(("# x", "", "x", "[x]", "[tool.uv]", "]", "\t", "x = 07:32", 'x = "\\e"')),
                    *lines[at:],
                ]
            ), "a line put in"
        case 5:
            return re.sub(r"\{ (.*?) \}", r"{\n  \1,\n}", text, count=draw.randrange(1, 4)), "lines in tables"
        case 6:
            return text.replace('"', "'"), "other quotes"
        case 7:
            return text[: draw.randrange(len(text) + 1)], "cut off"
        case _:
            place = draw.randrange(len(text) + 1)
            return text[:place] + draw.choice("\"'[]{}=,.#\\\r\u00a0\u0007x1 ") + text[place:], "a character put in"


def render(document: Document) -> str:
    """The document as TOML: one line for each key of its first levels, everything below in braces."""
    lines: list[str] = []
    for key, value in document.items():
        _render_key(lines, (key,), value)
    return "\n".join(lines) + "\n"


def _render_key(lines: list[str], keys: tuple[str, ...], value: Any) -> None:
    if isinstance(value, dict) and value and len(keys) < 3:
        for key, child in value.items():
            _render_key(lines, (*keys, key), child)
    else:
        lines.append(f"{'.'.join(map(_text, keys))} = {_value(value)}")


def _value(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return _text(value)
        case list():
            return f"[{', '.join(map(_value, value))}]"
        case dict():
            return (
                f"{{ {', '.join(f'{_text(key)} = {_value(child)}' for key, child in value.items())} }}"
                if value
                else "{}"
            )
        case datetime() | date() | time():
            return value.isoformat()
        case _:
            return repr(value)


def _text(text: str) -> str:
    escaped = "".join(
        f"\\{one}" if one in '"\\' else f"\\u{ord(one):04x}" if ord(one) < 32 or ord(one) == 127 else one
        for one in text
    )
    return f'"{escaped}"'
