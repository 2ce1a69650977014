"""Reading lock files: every field, older spellings, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from packaging.version import Version

from bot.errors import InputError
from bot.lockfile.model import Cutoff, GitReference, GitReferenceKind, GitSource, RegistrySource
from bot.lockfile.reader import parse_lock
from bot.lockfile.writer import render_lock
from bot.markers import TRUE
from tests.lockfile.samples import COMMIT, LOCKS, RARE, package, read


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.stem)
def test_what_uv_wrote_is_written_again(path: Path) -> None:
    text = path.read_bytes().decode()

    assert render_lock(read(text)) == text


def test_rare_fields_are_written_again() -> None:
    assert render_lock(read(RARE)) == RARE


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.stem)
def test_reading_what_was_written_gives_the_same_lock(path: Path) -> None:
    lock = read(path.read_text(encoding="utf-8"))

    assert read(render_lock(lock)) == lock


def test_edges_know_version_and_source_of_the_only_entry() -> None:
    edge = package(read(RARE), "a").dependencies[0]

    assert (edge.name, edge.version, edge.source) == ("demo", Version("0.1.0"), package(read(RARE), "demo").source)


def test_a_source_tree_may_have_no_version() -> None:
    edge = package(read(RARE), "a").dependencies[1]

    assert edge.version is None
    assert edge.extras == ("cli", "web")


def test_a_git_source_is_taken_apart() -> None:
    assert read(RARE).packages[2].source == GitSource(
        url="https://git.test/a.git",
        commit=COMMIT,
        reference=GitReference(kind=GitReferenceKind.TAG, name="v1.0+1"),
        subdirectory="libs/a",
        lfs=True,
    )


def test_environments_that_cover_everything_are_an_empty_list() -> None:
    assert read(RARE).supported_markers == (TRUE,)


@pytest.mark.parametrize(
    ("current", "older"),
    [
        ("[[package]]", "[[distribution]]"),
        ("[package.dev-dependencies]", "[package.dependency-groups]"),
        ("[package.metadata.requires-dev]", "[package.metadata.dependency-groups]"),
        ("upload-time", "upload_time"),
    ],
)
def test_older_names_are_understood(current: str, older: str) -> None:
    text = RARE.replace(current, older)
    if current == "[[package]]":
        text = text.replace("[package.", "[distribution.")

    assert read(text) == read(RARE)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("revision = 5", "revision = 5\nfuture = [1]"),
        ("size = 10", "size = 10, zstd = { hash = 'sha256:00' }"),
        ('name = "c"\nversion', 'nickname = "x"\nname = "c"\nversion'),
    ],
)
def test_unknown_keys_are_ignored(before: str, after: str) -> None:
    assert read(RARE.replace(before, after, 1)) == read(RARE)


def test_names_are_normalized() -> None:
    lock = read(RARE.replace('name = "demo"', 'name = "Demo"').replace('"cli", "web"', '"Cli", "WEB"'))

    assert lock == read(RARE)


def test_a_lock_without_revision_is_of_revision_zero() -> None:
    assert read(RARE.replace("revision = 5\n", "")).revision == 0


def test_a_relative_cutoff_needs_no_date() -> None:
    text = RARE.replace(next(line for line in RARE.split("\n") if line.startswith("exclude-newer =")) + "\n", "")

    assert read(text).options.exclude_newer == Cutoff(timestamp="0001-01-01T00:00:00Z", span="P1W")


def _line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ("version = 1\n", "version = 2\n", "version 2, but only version 1"),
        ("version = 1\n", "", "version None"),
        ('requires-python = ">=3.12, <4"\n', "", "'requires-python' is missing"),
        (">=3.12, <4", "soon", "'soon' is not a version specifier"),
        ("\"python_full_version >= '3.13'\",", '"python >> 3",', "is not a marker"),
        ("c = false", "c = 1", "'exclude-newer-package' must give"),
        ('"zz",', "1,", "'excludes' must hold"),
        ('default-groups = "all"', "default-groups = 1", "'default-groups' must be an array"),
        ('fork-strategy = "fewest"', "fork-strategy = 1", "'fork-strategy' must be a string"),
        ("[manifest.group-requires-python]", "[[manifest.group-requires-python]]", "must be a table"),
        ("excludes = [", "constraints_ = [", None),
        ('members = [\n    "demo"', "members = [\n    1", "'members' must be an array of strings"),
        ("constraints = [\n    {", 'constraints = [\n    "x", {', "'constraints' must be an array of tables"),
    ],
)
def test_a_malformed_file_is_refused(before: str, after: str, problem: str | None) -> None:
    text = RARE.replace(before, after, 1)
    assert text != RARE
    if problem is None:
        read(text)
        return

    with pytest.raises(InputError, match=r"^uv\.lock:") as caught:
        read(text)

    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ('exclude-newer = "0001', 'exclude-newer = "yesterday 0001', "is not a timestamp"),
        ('exclude-newer-span = "P1W"', 'exclude-newer-span = "<<<<"', "'<<<<' is not a duration"),
        (">=3.12, <4", f">={'1' * 5000}", "is not a version specifier"),
        ("revision = 5", f"revision = {'1' * 5000}", "a number has too many digits"),
        ("revision = 5", f"revision = {1 << 64}", "'revision' must be a number that is not negative"),
        ('requires-dist = ["', 'requires-dist = ["<<<<<<< six", "', "is not a requirement"),
        ('requires-dist = ["', 'requires-dist = ["six===one", "', "is not a version specifier"),
        ('requires-dist = ["', 'requires-dist = ["six; sys >> 1", "', "is not a marker"),
        ("https://index.test/simple", "https://[::1", "'https://[::1' is not a URL"),
        ("https://files.test/a-1.0.tar.gz", "https://[::1", "'https://[::1' is not a URL"),
        ("https://files.test/b.tar.gz", "https://[::1", "'https://[::1' is not a URL"),
        ("revision = 5", "revision = 5\nx = " + "[" * 5000, "nested more than 80 levels deep"),
        ("revision = 5", "revision = 5\nx = " + "[" * 500 + "]" * 500, "nested more than 80 levels deep"),
    ],
)
def test_a_damaged_value_is_refused_with_its_line(before: str, after: str, problem: str) -> None:
    text = RARE.replace(before, after, 1)
    assert text != RARE

    with pytest.raises(InputError) as caught:
        read(text)

    assert problem in caught.value.problem
    assert len(caught.value.problem) < 300
    assert caught.value.line


@pytest.mark.parametrize(
    ("entry", "before", "after", "problem"),
    [
        ("c", 'source = { path = "../c-1.0-py3-none-any.whl" }', "", "'source' is missing or of an unknown kind"),
        ("c", 'source = { path = "../c-1.0-py3-none-any.whl" }', "source = { path = 1 }", "must be a string"),
        ("c", 'name = "c"\n', "", "'name' is missing"),
        ("c", 'name = "c"\n', 'name = "-"\n', "'-' is not a valid name"),
        ("c", 'version = "1.0"', 'version = "one"', "'one' is not a version"),
        ("c", 'filename = "c-1.0-py3', 'filename = "c-1.1-py3', "the wheel 'c-1.1-py3-none-any.whl' is of version 1.1"),
        ("c", 'filename = "c-1.0-py3-none-any.whl"', 'filename = "c.whl"', "'c.whl' is not the name of a wheel"),
        ("c", 'filename = "c-1.0-py3-none-any.whl", ', "", "neither a URL nor a path nor a file name"),
        ("c", "sha256:03", "sha1:03", "'sha1:03' is not a hash of a known kind"),
        ("a", 'version = "1.0"\n', "", "comes from an index but has no version"),
        ("a", "size = 10", "size = -1", "'size' must be a number that is not negative"),
        ("a", "2024-03-24T00:00:00.123Z", "yesterday", "'yesterday' is not a time of upload"),
        ("a", '{ name = "demo" }', '{ name = "nobody" }', "the dependency on 'nobody' names no source"),
        (
            "a",
            '{ name = "demo" }',
            '{ name = "a", source = { registry = "vendor/wheels" } }',
            "the dependency on 'a' names no version",
        ),
        ("a", '{ name = "demo" }', '{ name = "demo", version = "9" }', "the dependency on 'demo' has no package entry"),
        ("lib", 'name = "lib"\nversion = "1"', 'name = "demo"\nversion = "0.1.0"', None),
    ],
)
def test_a_malformed_entry_is_refused_with_its_line(entry: str, before: str, after: str, problem: str | None) -> None:
    start = RARE.index(f'[[package]]\nname = "{entry}"')
    assert before in RARE[start:]
    text = RARE[:start] + RARE[start:].replace(before, after, 1)
    if problem is None:
        text = text.replace('source = { virtual = "libs/lib" }', 'source = { editable = "." }')
        problem = "package 'demo' has the same version and source as an earlier entry"

    with pytest.raises(InputError) as caught:
        parse_lock(text, "sub/uv.lock")

    assert problem in caught.value.problem
    entry_lines = text[start:].partition("\n[[package]]")[0].count("\n")
    first = _line_of(RARE, RARE[start:])
    assert caught.value.line is not None
    assert first <= caught.value.line <= first + entry_lines
    assert str(caught.value).startswith(f"sub/uv.lock:{caught.value.line}: ")


def test_a_git_source_without_commit_is_refused() -> None:
    with pytest.raises(InputError, match="does not end in '#' and a full commit"):
        read(RARE.replace(f"#{COMMIT}", "#main"))


def test_a_git_source_that_asks_for_another_commit_is_refused() -> None:
    locked = f'name = "a"\nversion = "1"\nsource = {{ git = "https://x.invalid/a?rev=REV#{COMMIT}" }}\n'
    head = 'version = 1\nrequires-python = ">=3.12"\n\n[[package]]\n'
    for rev in (COMMIT, COMMIT.upper(), COMMIT[:9], "f" * 9):
        assert read(head + locked.replace("REV", rev)).packages
    with pytest.raises(InputError, match="asks for one commit and locks another"):
        read(head + locked.replace("REV", "f" * 40))


def test_broken_toml_is_refused_with_its_line() -> None:
    with pytest.raises(InputError, match="not valid TOML") as caught:
        read(RARE.replace("revision = 5", 'revision = "'))

    assert caught.value.line == 2


def test_endless_nesting_is_refused() -> None:
    with pytest.raises(InputError):
        read("x = " + "[" * 100_000 + "\n")


@pytest.mark.parametrize("revision", [0, 1, 2, 3, 4, 5])
def test_a_lock_is_written_with_the_fields_its_revision_has(revision: int) -> None:
    text = render_lock(replace(read(RARE), revision=revision))

    assert ("\nrevision = " in text) is (revision > 0)
    assert ('provides-extras = ["web"' in text) is (revision >= 1)
    assert text.count("\nnone = []\n") == 2
    assert ("upload-time" in text) is (revision >= 2)
    assert ("[options.exclude-newer-package]" in text) is (revision >= 3)
    assert ("default-groups" in text) is (revision >= 5)
    assert ("group-requires-python]" in text) is (revision >= 5)


def test_values_are_equal_whatever_the_layout() -> None:
    source = RegistrySource(url="https://index.test/simple")

    assert read(RARE.replace("= {", "={").replace("= [", "=[")) == read(RARE)
    assert read(RARE).packages[0].source == source
