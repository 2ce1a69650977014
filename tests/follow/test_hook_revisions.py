"""Revisions and requirements of hooks: which bytes of twenty kinds of files move, and which never do."""

from __future__ import annotations

import difflib
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from bot.app.shipped import shipped_hooks
from bot.follow.hook_revisions import HookRevisions
from bot.follow.model import Followed, Moment
from bot.lockfile.model import Lock, Package, RegistrySource
from bot.pep440 import parse_version
from bot.ports.surroundings import KnownTags, NoTags, Surroundings, Tags
from bot.repoconfig.load import parse_config
from bot.repoconfig.model import DEFAULT_CONFIG, RepoConfig
from tests.resolver.trees import MemoryTree

CORPUS = Path(__file__).parents[1] / "formats" / "corpus"
CONFIG = ".pre-commit-config.yaml"
AROUND = Surroundings(hook_packages=shipped_hooks())

#: What the lock held, and what it has come to hold.
MOVES = {
    "ruff": ("0.14.0", "0.15.1"),
    "mypy": ("1.18.2", "1.19.0"),
    "black": ("25.1.0", "25.9.0"),
    "isort": ("6.0.0", "6.1.0"),
    "flake8": ("7.2.0", "7.3.0"),
    "flake8-bugbear": ("24.1.17", "24.12.12"),
    "flake8-pyi": ("24.1.0", "24.9.0"),
    "flake8-comprehensions": ("3.10", "3.16.0"),
    "httpx": ("0.27.0", "0.28.1"),
    "pydantic": ("2.11.0", "2.12.4"),
    "attrs": ("24.2.0", "25.3.0"),
    "codespell": ("2.4.0", "2.4.1"),
    "pyupgrade": ("3.19.0", "3.21.0"),
    "bandit": ("1.8.0", "1.8.6"),
    "nbqa": ("1.9.0", "1.9.1"),
    "nbstripout": ("0.8.0", "0.8.1"),
    "blacken-docs": ("1.19.0", "1.20.0"),
    "pyright": ("1.1.391", "1.1.407"),
    "typos": ("1.28.0", "1.38.1"),
    "interrogate": ("1.7.0", "1.7.1"),
    "djlint": ("1.36.0", "1.36.4"),
    "pyproject-fmt": ("2.2.0", "2.11.0"),
    "validate-pyproject": ("0.23", "0.24.1"),
    "validate-pyproject-schema-store": ("2024.11.1", "2025.11.1"),
    "tox": ("4.9", "4.30"),
    "pre-commit-hooks": ("5.0.0", "6.0.0"),
    "acme-lint": ("2.3.0", "2.4.0"),
}
OWN = '{ "hooks": [{ "repo": "https://git.acme.invalid/tools/lint-hooks/", "package": "acme-lint", "tag": "release/{}" }] }'

#: file -> what moves in it: the line, and what is written in place of what.
EXPECTED = {
    "hooks-plain.yaml": ["3: v5.0.0 -> v6.0.0", "10: v0.14.0 -> v0.15.1"],
    "hooks-no-indent.yaml": [
        "11: 25.1.0 -> 25.9.0",
        "16: 7.2.0 -> 7.3.0",
        "19: 24.1.17 -> 24.12.12",
        "19: 24.1.0 -> 24.9.0",
        "21: 6.0.0 -> 6.1.0",
    ],
    "hooks-mypy-deps.yaml": [
        "8: v1.18.2 -> v1.19.0",
        "14: 0.27.0 -> 0.28.1",
        "15: 2.7 -> 2.12",
        "15: 2.12 -> 2.13",
        "17: 24.2.0 -> 25.3.0",
    ],
    "hooks-frozen.yaml": [
        "3: 1111111111111111111111111111111111111111 -> aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "3: v0.14.0 -> v0.15.1",
        "7: 2222222222222222222222222222222222222222 -> bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
        "7: v2.4.0 -> v2.4.1",
    ],
    "hooks-anchors.yaml": ["3: 0.27.0 -> 0.28.1", "4: 24.2.0 -> 25.3.0", "8: v1.18.2 -> v1.19.0"],
    "hooks-flow.yaml": ["2: v3.19.0 -> v3.21.0", "3: 1.8.0 -> 1.8.6", "3: 1.8.0 -> 1.8.6"],
    "hooks-local.yaml": ["11: 0.14.0 -> 0.15.1"],
    "hooks-windows.yaml": ["3: v5.0.0 -> v6.0.0", "10: v0.14.0 -> v0.15.1"],
    "hooks-byte-order-mark.yaml": ["4: v5.0.0 -> v6.0.0", "11: v0.14.0 -> v0.15.1"],
    "hooks-notebooks.yaml": [
        "3: 1.9.0 -> 1.9.1",
        "6: 0.14.0 -> 0.15.1",
        "9: 25.1.0 -> 25.9.0",
        "11: 0.8.0 -> 0.8.1",
        "14: 1.19.0 -> 1.20.0",
        "17: 24.10.0 -> 25.9.0",
    ],
    "hooks-uv.yaml": ["9: v0.13.0 -> v0.15.1", "12: v1.1.391 -> v1.1.407", "16: 0.27.0 -> 0.28.1"],
    "hooks-documents.yaml": ["8: v1.28.0 -> v1.38.1", "13: 1.7.0 -> 1.7.1", "19: v1.36.0 -> v1.36.4"],
    "hooks-own.yaml": [
        "3: release/2.3.0 -> release/2.4.0",
        "7: 2.2.0 -> v2.11.0",
        "12: v0.23 -> v0.24.1",
        "16: 2024.11.1 -> 2025.11.1",
    ],
    "hooks-odd.yaml": ["3: v0.14.0 -> v0.15.1"],
}
#: What of them is told instead.
LEFT = {
    "hooks-odd.yaml": [f"{CONFIG}:7: its rev is written in a way that can't be edited"],
}
TAGS = KnownTags(
    commits={
        "github.com/astral-sh/ruff-pre-commit": {"v0.15.1": "a" * 40},
        "github.com/codespell-project/codespell": {"v2.4.1": "b" * 40},
    }
)


def lock_of(versions: Mapping[str, str]) -> Lock:
    source = RegistrySource(url="https://index.invalid/simple")
    packages = [
        Package(name=name, version=parse_version(one.strip()), source=source)
        for name, text in versions.items()
        for one in text.split(",")
    ]
    return Lock(requires_python=">=3.12", packages=tuple(packages))


def lock_text(versions: Iterable[str]) -> str:
    return "version = 1\n" + "".join(f'\n[[package]]\nname = "{name}"\nversion = "1"\n' for name in versions)


def follow(
    text: str,
    moves: Mapping[str, tuple[str, str]] = MOVES,
    *,
    tags: Tags | None = None,
    config: RepoConfig = DEFAULT_CONFIG,
    path: str = CONFIG,
) -> Followed:
    tree = MemoryTree({path: text, "uv.lock": lock_text(moves)})
    kind = HookRevisions(surroundings=replace(AROUND, tags=tags or NoTags()))
    before, after = (moment({"uv.lock": {name: row[at] for name, row in moves.items()}}) for at in (0, 1))
    done = [one.refresh(before, after) for one in kind.find(tree, config)]
    return done[0] if done else Followed()


def moment(locks: Mapping[str, Mapping[str, str]]) -> Moment:
    return Moment(locks={path: lock_of(versions) for path, versions in locks.items()}, texts={})


def edits_of(before: str, after: str) -> list[str]:
    """Each edit with its line; words are what white space, quotes, commas and names of packages end."""
    rows = []
    lines = zip(before.split("\n"), after.split("\n"), strict=True)
    for number, (old, new) in enumerate(lines, 1):
        for was, now in _words(old, new):
            rows.append(f"{number}: {was} -> {now}")
    return rows


def _words(old: str, new: str) -> list[tuple[str, str]]:
    parts = (_parted(old), _parted(new))
    matcher = difflib.SequenceMatcher(None, *parts, autojunk=False)
    return [
        ("".join(parts[0][a:b]), "".join(parts[1][c:d])) for tag, a, b, c, d in matcher.get_opcodes() if tag != "equal"
    ]


def _parted(line: str) -> list[str]:
    """A line as words of letters, digits, dots and slashes; versions with bounds stay together."""
    words: list[str] = [""]
    for letter in line:
        is_part = letter.isalnum() or letter in "./"
        if is_part and words[-1][-1:] and (words[-1][-1].isalnum() or words[-1][-1] in "./"):
            words[-1] += letter
        else:
            words.append(letter)
    return words


@pytest.mark.parametrize("name", EXPECTED)
def test_only_the_bytes_of_versions_move(name: str) -> None:
    text = (CORPUS / name).read_bytes().decode("utf-8")
    done = follow(text, tags=TAGS if "frozen" in name else None, config=parse_config(OWN, ".lockbot.json"))
    after = done.texts.get(CONFIG, text)
    assert [f"{row.path}: {row.reason}" for row in done.left] == LEFT.get(name, [])
    assert edits_of(text, after) == EXPECTED[name]


def test_the_corpus_is_all_there() -> None:
    assert sorted(EXPECTED) == sorted(path.name for path in CORPUS.glob("hooks-*"))


RUFF = "repos:\n- repo: https://github.com/astral-sh/ruff-pre-commit\n  rev: {}\n  hooks: [{{id: ruff}}]\n"
FROZEN = "c" * 40 + "  # frozen: v0.14.0"

#: rev, the lock's versions before and after -> the new rev, or why it stays, or nothing.
RULES = {
    "with the lock": ("v0.14.0", "0.14.0", "0.15.1", "v0.15.1"),
    "from behind": ("v0.1.0", "0.14.0", "0.15.1", "v0.15.1"),
    "not while the lock stays": ("v0.1.0", "0.14.0", "0.14.0", ""),
    "back with the lock": ("v0.15.1", "0.15.1", "0.14.0", "v0.14.0"),
    "never back alone": ("v0.16.0", "0.14.0", "0.15.1", "its rev v0.16.0 is newer than the ruff 0.15.1 of uv.lock"),
    "right already": ("v0.15.1", "0.14.0", "0.15.1", ""),
    "a new package": ("v0.14.0", "", "0.15.1", "v0.15.1"),
    "a package that goes": ("v0.14.0", "0.14.0", "", ""),
    "several versions": ("v0.14.0", "0.14.0", "0.14.0,0.15.1", "ruff is locked in several versions: 0.14.0, 0.15.1"),
    "from several versions": ("v0.14.0", "0.13.0,0.14.0", "0.15.1", "v0.15.1"),
    "a branch": ("main", "0.14.0", "0.15.1", ""),
    "another tag": ("latest-v0", "0.14.0", "0.15.1", ""),
    "without a v": ("0.14.0", "0.14.0", "0.15.1", "v0.15.1"),
    "an endless number": (f"v0.{'1' * 5000}", "0.14.0", "0.15.1", ""),
    "a commit": ("c" * 40, "0.14.0", "0.15.1", "its rev is a commit, and no comment tells its tag (# frozen: v1.2)"),
    "frozen": (
        FROZEN,
        "0.14.0",
        "0.15.1",
        "its rev is frozen, and the commit of v0.15.1 could not be read from github.com/astral-sh/ruff-pre-commit",
    ),
}


def outcome(done: Followed) -> str:
    if done.left:
        return done.left[0].reason
    return done.texts[CONFIG].split("rev: ")[1].split("\n")[0] if done.texts else ""


@pytest.mark.parametrize(("rev", "old", "new", "expected"), RULES.values(), ids=RULES)
def test_a_revision_follows_the_lock(rev: str, old: str, new: str, expected: str) -> None:
    versions = ({"ruff": old} if old else {}, {"ruff": new} if new else {})
    tree = MemoryTree({CONFIG: RUFF.format(rev), "uv.lock": lock_text({"ruff": ""})})
    (follower,) = HookRevisions(surroundings=AROUND).find(tree, DEFAULT_CONFIG)
    done = follower.refresh(*(moment({"uv.lock": one}) for one in versions))
    assert outcome(done) == expected


#: What tags the repository has -> the new rev, or why it stays.
TAG_RULES = {
    "as the table says": ("v0.14.0", {"v0.15.1": "a" * 40}, "v0.15.1"),
    "the other form": ("0.14.0", {"0.15.1": "a" * 40}, "0.15.1"),
    "not yet there": ("v0.14.0", {}, "github.com/astral-sh/ruff-pre-commit has no tag v0.15.1 yet"),
    "frozen": (FROZEN, {"v0.15.1": "a" * 40}, "a" * 40 + "  # frozen: v0.15.1"),
    "frozen, not yet there": (FROZEN, {}, "github.com/astral-sh/ruff-pre-commit has no tag v0.15.1 yet"),
}


@pytest.mark.parametrize(("rev", "commits", "expected"), TAG_RULES.values(), ids=TAG_RULES)
def test_a_tag_has_to_be_there_where_that_can_be_known(rev: str, commits: Mapping[str, str], expected: str) -> None:
    tags = KnownTags(commits={"github.com/astral-sh/ruff-pre-commit": commits})
    assert outcome(follow(RUFF.format(rev), {"ruff": ("0.14.0", "0.15.1")}, tags=tags)) == expected


#: An entry of ``additional_dependencies`` -> what becomes of it when alpha goes from 1.0 to 1.5.
REQUIREMENTS = {
    "alpha==1.0": "alpha==1.5",
    "alpha == 1.0": "alpha == 1.5",
    "alpha[x,y]==0.3": "alpha[x,y]==1.5",
    "Alpha==1.0; python_version > '3'": "Alpha==1.5; python_version > '3'",
    "alpha>=1.0": "",
    "alpha>=1.0,<1.2": "alpha>=1.5,<1.6",
    "alpha": "",
    "alpha==2.0": "its alpha==2.0 is newer than the alpha 1.5 of uv.lock",
    "alpha>=2": "its alpha>=2 is newer than the alpha 1.5 of uv.lock",
    "alpha!=1.5": "its alpha!=1.5 stays: 1.5 is excluded by '!=1.5'",
    "alpha===1.0": "its alpha===1.0 stays: it is compared as text (===)",
    "alpha @ https://index.invalid/alpha-1.0.whl": "",
    "beta==1.0": "",
    "./alpha==1.0": "",
    "-r requirements.txt": "",
    "alpha==": "",
}


@pytest.mark.parametrize(("entry", "expected"), REQUIREMENTS.items())
def test_a_requirement_follows_the_lock(entry: str, expected: str) -> None:
    text = (
        f'repos: [{{repo: "https://x.invalid/y", rev: a, hooks: [{{id: z, additional_dependencies: ["{entry}"]}}]}}]\n'
    )
    done = follow(text, {"alpha": ("1.0", "1.5")})
    if done.left:
        assert done.left[0].reason == expected
    else:
        assert done.texts.get(CONFIG, text) == text.replace(entry, expected or entry)


def test_a_number_is_not_written_without_quotes() -> None:
    text = "repos:\n- {repo: https://github.com/psf/black, rev: 25.1.0, hooks: []}\n"
    assert follow(text, {"black": ("25.1.0", "26.1")}).left[0].reason.startswith("its rev stands without quotes")
    done = follow(text.replace("25.1.0", "'25.1.0'"), {"black": ("25.1.0", "26.1")})
    assert "rev: '26.1'" in done.texts[CONFIG]


def test_a_text_that_others_share_moves_with_all_of_them_or_not() -> None:
    rows = "- repo: https://github.com/psf/black\n  rev: &rev v1.0.0\n- repo: https://github.com/{}\n  rev: *rev\n"
    alike = follow(
        "repos:\n" + rows.format("asottile/yesqa"), {"black": ("1.0.0", "1.1.0"), "yesqa": ("1.0.0", "1.1.0")}
    )
    assert outcome(alike) == "its text is shared by an anchor with others that stay"
    alike = follow("repos:\n" + rows.format("ambv/black"), {"black": ("1.0.0", "1.1.0")})
    assert outcome(alike) == "its text is shared by an anchor with others that stay"
    alike = follow("repos:\n" + rows.format("psf/black"), {"black": ("1.0.0", "1.1.0")})
    assert outcome(alike) == "&rev 1.1.0"


def test_the_configuration_adds_changes_and_takes_off_repositories() -> None:
    config = parse_config(
        '{ "hooks": [{ "repo": "git@github.com:astral-sh/ruff-pre-commit.git", "package": "ruff", "enabled": false },'
        ' { "repo": "https://git.acme.invalid/hooks", "package": "Acme_Lint" }] }',
        ".lockbot.json",
    )
    text = RUFF.format("v0.14.0") + "- repo: https://git.acme.invalid/hooks\n  rev: 1.0\n"
    done = follow(text, {"ruff": ("0.14.0", "0.15.1"), "acme-lint": ("1.0", "1.1.2")}, config=config)
    assert done.texts[CONFIG] == text.replace("rev: 1.0", "rev: 1.1.2")


@pytest.mark.parametrize("tag", ["", "v", "{}{}", "v {}", "v{}\\n", "{version}", "a" * 70 + "{}"])
def test_the_form_of_tags_is_checked(tag: str) -> None:
    with pytest.raises(Exception, match=r"hooks\[0\]\.tag"):
        parse_config(f'{{ "hooks": [{{ "repo": "x", "package": "y", "tag": "{tag}" }}] }}', ".lockbot.json")


#: The locks that hold ruff, and which of them move -> the new rev of the configuration at the top, or why it stays.
LOCKS = {
    "below": (("api/uv.lock",), ("api/uv.lock",), "v0.15.1"),
    "the nearest goes before those below": (("uv.lock", "api/uv.lock"), ("uv.lock",), "v0.15.1"),
    "one below does not count beside it": (("uv.lock", "api/uv.lock"), ("api/uv.lock",), ""),
    "all below": (("api/uv.lock", "web/uv.lock"), ("api/uv.lock", "web/uv.lock"), "v0.15.1"),
    "one of two below": (
        ("api/uv.lock", "web/uv.lock"),
        ("web/uv.lock",),
        "ruff moves in web/uv.lock, and api/uv.lock holds it too",
    ),
    "a script's lock": (("tool.py.lock",), ("tool.py.lock",), ""),
}


@pytest.mark.parametrize(("locks", "moving", "expected"), LOCKS.values(), ids=LOCKS)
def test_the_nearest_lock_counts(locks: tuple[str, ...], moving: tuple[str, ...], expected: str) -> None:
    tree = MemoryTree({CONFIG: RUFF.format("v0.14.0"), **dict.fromkeys(locks, lock_text({"ruff": ""}))})
    moments = (moment({key: {"ruff": version} for key in moving}) for version in ("0.14.0", "0.15.1"))
    found = HookRevisions(surroundings=AROUND).find(tree, DEFAULT_CONFIG)
    assert [outcome(one.refresh(*moments)) for one in found] == [expected]


def test_a_file_of_pinned_requirements_counts_where_no_lock_holds_the_package() -> None:
    tree = MemoryTree({CONFIG: RUFF.format("v0.14.0"), "uv.lock": lock_text({"mypy": ""})})
    (found,) = HookRevisions(surroundings=AROUND).find(tree, DEFAULT_CONFIG)
    moments = [
        moment({"requirements/dev.txt": {"ruff": one}, "tool.py.lock": {"ruff": "1"}}) for one in ("0.14.0", "0.15.1")
    ]
    assert outcome(found.refresh(*moments)) == "v0.15.1"


def test_a_configuration_of_a_folder_follows_its_own_lock() -> None:
    tree = MemoryTree({f"api/{CONFIG}": RUFF.format("v0.14.0"), "uv.lock": lock_text({"ruff": ""})})
    (found,) = HookRevisions(surroundings=AROUND).find(tree, DEFAULT_CONFIG)
    done = found.refresh(moment({"uv.lock": {"ruff": "0.14.0"}}), moment({"uv.lock": {"ruff": "0.15.1"}}))
    assert list(done.texts) == [f"api/{CONFIG}"]


def test_what_another_follower_has_written_is_kept() -> None:
    text = RUFF.format("v0.14.0")
    tree = MemoryTree({CONFIG: text, "uv.lock": lock_text({"ruff": ""})})
    (found,) = HookRevisions(surroundings=AROUND).find(tree, DEFAULT_CONFIG)
    after = replace(moment({"uv.lock": {"ruff": "0.15.1"}}), texts={CONFIG: f"# written before\n{text}"})
    done = found.refresh(moment({"uv.lock": {"ruff": "0.14.0"}}), after)
    assert done.texts[CONFIG] == f"# written before\n{RUFF.format('v0.15.1')}"


def test_a_configuration_that_cant_be_read_is_told_of_unless_it_is_a_template() -> None:
    assert (
        follow("repos: [\n").left[0].reason
        == "it can't be read in line 2: not valid YAML: expected the node content, but found '<stream end>'"
    )
    assert follow("repos: [{% if x %}\n") == Followed()


@pytest.mark.parametrize("folder", ["{{ cookiecutter.name }}", ".venv/lib", "node_modules/x"])
def test_what_is_not_the_repositorys_own_stays(folder: str) -> None:
    moves = {"ruff": ("0.14.0", "0.15.1")}
    assert follow(RUFF.format("v0.14.0"), moves, path=f"{folder}/{CONFIG}") == Followed()


def test_the_table_is_in_its_form() -> None:
    table = shipped_hooks()
    assert list(table) == sorted(table)
    assert all(address == address.lower() and address.startswith("github.com/") for address in table)
    assert len(table) > 50


def test_prek_follows_as_pre_commit_does() -> None:
    text = (
        '# one table each\n[[repos]]\nrepo = "https://github.com/astral-sh/ruff-pre-commit"\n'
        f"rev = '{'c' * 40}'  # frozen: v0.14.0\n"
        'hooks = [{ id = "ruff" }]\n[[repos]]\nrepo = "https://github.com/pre-commit/mirrors-mypy"\nrev = "v1.18.2"\n'
        'hooks = [{ id = "mypy", additional_dependencies = ["httpx==0.27.0", \'attrs>=24\'] }]\n'
    )
    done = follow(text, path="prek.toml", tags=TAGS)
    assert done.left == ()
    wanted = text.replace("c" * 40, "a" * 40).replace("v0.14.0", "v0.15.1")
    assert done.texts["prek.toml"] == wanted.replace("v1.18.2", "v1.19.0").replace("0.27.0", "0.28.1")


def test_a_long_configuration_is_gone_through_once() -> None:
    rows = "- {repo: https://github.com/psf/black, rev: 25.1.0, hooks: [{id: a, additional_dependencies: [black==25.1]}]}\n"
    text = "repos:\n" + rows * 2_000
    started = time.perf_counter()
    done = follow(text, {"black": ("25.1.0", "25.9.0")})
    assert done.texts[CONFIG] == text.replace("25.1.0", "25.9.0").replace("25.1]", "25.9.0]")
    assert time.perf_counter() - started < 30
