"""Requirements files, text by text: what is read, what is refused, and that uv is of the same opinion."""

from __future__ import annotations

import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from bot.errors import InputError
from bot.limits import REQUIREMENTS_FILE_STATEMENTS, REQUIREMENTS_FILE_TEXT
from bot.markers import TRUE
from bot.requirements.decoding import decode_requirements
from bot.requirements.model import Include, Option, RequirementLine, Statement
from bot.requirements.quoting import unquote
from bot.requirements.reader import parse_requirements
from bot.requirements.variables import expand_variables, find_variables
from tests.real_uv import need_uv

#: Text, and what it says in one line for each statement.
READ = [
    ("", []),
    ("# only\n\n  # this", []),
    ("flask", ["1 flask"]),
    ("flask # why\n", ["1 flask"]),
    (
        "Flask.Cors [b, A] >= 2.0 , < 3 ; python_version > '3.8'",
        ["1 flask-cors[b,a] <3,>=2.0 ; python_full_version >= '3.9'"],
    ),
    ("flask (>=1)", ["1 flask >=1"]),
    ("flask>=1,", ["1 flask >=1"]),
    ("flask\r\nidna\rjinja2\n", ["1 flask", "2 idna", "3 jinja2"]),
    ("\\\nflask", ["2 flask"]),
    ("flask\f", ["1 flask"]),
    ("flask==1.0 --hash=sha256:aa --hash sha256:bb # x", ["1 flask ==1.0 {sha256:aa sha256:bb}"]),
    (
        "flask==1.0 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n    # via x\nidna",
        ["1 flask ==1.0 {sha256:aa sha256:bb}", "5 idna"],
    ),
    ("flask==1.0\\\r\n--hash=sha256:aa\r\nidna", ["1 flask ==1.0 {sha256:aa}", "3 idna"]),
    ("flask==1 --hash=sha256:aa idna", ["1 flask ==1 {sha256:aa}", "1 idna"]),
    ("-r base.in # more", ["1 --requirement base.in"]),
    (
        "-r=base.in\n--requirement base.in\n--requirement=base.in",
        [f"{line} --requirement base.in" for line in (1, 2, 3)],
    ),
    ("-r\nbase.in", ["1 --requirement base.in"]),
    ("-r 'a b.in'\n-c \"a b.in\"", ["1 --requirement a b.in", "2 --constraint a b.in"]),
    ("-c a\\ b.in", ["1 --constraint a b.in"]),
    ("-e ./pkg", ["1 -e ./pkg"]),
    ("--editable=./pkg[dev,Test] ; python_version > '3.9'", ["1 -e ./pkg[dev,test] ; python_full_version >= '3.10'"]),
    ("-e\n./pkg", ["1 -e ./pkg"]),
    ("-e pkg @ file:///x/pkg", ["1 -e pkg @ file:///x/pkg"]),
    ("./pkg", ["1 ./pkg"]),
    ("../a b/pkg-1.0.zip", ["1 ../a b/pkg-1.0.zip"]),
    ("pkg-1.0.tar.gz", ["1 pkg-1.0.tar.gz"]),
    ("${HERE}/pkg", ["1 ${HERE}/pkg"]),
    (
        "https://x.invalid/pkg-1.0.zip; python_version > '3.9'",
        ["1 https://x.invalid/pkg-1.0.zip ; python_full_version >= '3.10'"],
    ),
    ("pkg @ git+https://x.invalid/pkg.git@main#egg=pkg", ["1 pkg @ git+https://x.invalid/pkg.git@main#egg=pkg"]),
    ("pkg[a] @ ./folder ; sys_platform == 'win32'", ["1 pkg[a] @ ./folder ; sys_platform == 'win32'"]),
    ("pkg @ ${HERE}/pkg # c", ["1 pkg @ ${HERE}/pkg"]),
    ("-i https://x.invalid/simple", ["1 --index-url https://x.invalid/simple"]),
    (
        "--index-url='https://x.invalid/simple'\n--extra-index-url https://y.invalid",
        ["1 --index-url https://x.invalid/simple", "2 --extra-index-url https://y.invalid"],
    ),
    (
        "-f https://x.invalid/links.html\n--find-links=https://y.invalid/a#b",
        ["1 --find-links https://x.invalid/links.html", "2 --find-links https://y.invalid/a"],
    ),
    ("--no-index\n--require-hashes", ["1 --no-index", "2 --require-hashes"]),
    ("--no-index # c", ["1 --no-index"]),
    ("--require-hashesflask", ["1 --require-hashes", "1 flask"]),
    ("--no-binary :all:\n--only-binary=Flask", ["1 --no-binary :all:", "2 --only-binary Flask"]),
    (
        "--pre\n--prefer-binary\n--trusted-host x.invalid\n--use-feature=fast",
        ["1 --pre", "2 --prefer-binary", "3 --trusted-host x.invalid", "4 --use-feature =fast"],
    ),
    ("--pre --no-index", ["1 --pre --no-index"]),
]

#: Text, and a part of the refusal, which begins with path and line.
REFUSED = [
    ("flask \\\n  >=2", "r.in:1: this is no requirement"),
    ("flask[a]#c", "r.in:1: this is no requirement"),
    ("flask ; python_version > '3'#c", "r.in:1: this is no requirement"),
    ("flask==1#c", "r.in:1: this is no requirement"),
    ("flask==1 ;", "r.in:1: this is no requirement"),
    ("idna\n\nflask==1 \\\n ; python_version > '3'", "r.in:3: this is no requirement"),
    ("flask>1.*", "r.in:1: this is no requirement"),
    ("flask~=1", "r.in:1: this is no requirement"),
    ("flask idna", "r.in:1: this is no requirement"),
    ("flask @", "r.in:1: this is no requirement"),
    ("flask==1 --pre", "r.in:1: only --hash may follow a requirement in its line"),
    ("flask==1 --hash", "r.in:1: expected '=' or a blank, found the end of the file"),
    ("-rfoo", "r.in:1: expected '=' or a blank, found 'f'"),
    ("--requirements foo", "r.in:1: expected '=' or a blank, found 's'"),
    ("-r", "r.in:1: expected '=' or a blank, found the end of the file"),
    ("-r # c", "r.in:1: --requirement must be followed by an argument"),
    ("a\nb\n-c=\n", "r.in:3: --constraint must be followed by an argument"),
    ("-e flask>=2", "r.in:1: 'flask>=2' can't be editable"),
    ("--no-indexfoo", "r.in:1: unexpected '-' (a line begins with"),
    ("--prerelease=allow", "r.in:1: unexpected '-'"),
    ("_flask", "r.in:1: unexpected '_'"),
    ("'flask'", 'r.in:1: unexpected "\'"'),
    ("\xa0flask", "r.in:1: unexpected"),
    (
        "--no-binary flask,idna",
        "r.in:1: 'flask,idna' is nothing for --no-binary (name one package, or ':all:' or ':none:')",
    ),
    ("a[" * 4_000, "r.in:1: this is no requirement: 'a[a["),
    ("--index-url", "r.in:1: expected '='"),
]


def told(statement: Statement) -> str:
    match statement:
        case Include():
            return f"{statement.line} {statement.kind.value} {statement.target}"
        case Option():
            return f"{statement.line} {statement.kind.value} {statement.value}".rstrip()
        case RequirementLine():
            return f"{statement.line} {_told(statement)}"


def _told(one: RequirementLine) -> str:
    extras = f"[{','.join(one.extras)}]" if one.extras else ""
    what = f"{one.name}{extras} {f'@ {one.url}' if one.url else one.specifier}" if one.name else f"{one.url}{extras}"
    marker = "" if one.marker == TRUE else f" ; {one.marker}"
    hashes = f" {{{' '.join(one.hashes)}}}" if one.hashes else ""
    return f"{'-e ' if one.is_editable else ''}{what.rstrip()}{marker}{hashes}"


@pytest.mark.parametrize(("text", "expected"), READ)
def test_statements(text: str, expected: list[str]) -> None:
    assert [told(one) for one in parse_requirements(text, "r.in").statements] == expected


@pytest.mark.parametrize(("text", "expected"), READ)
def test_every_statement_is_at_its_place(text: str, expected: list[str]) -> None:
    found = parse_requirements(text, "r.in")
    assert all(text[one.span.start : one.span.end].strip() for one in found.statements)
    assert all(text[one.span.start : one.span.end] == one.text for one in found.requirements)
    assert all(one.end >= one.span.end for one in found.requirements)


@pytest.mark.parametrize(("text", "expected"), REFUSED)
def test_refusals_name_file_and_line(text: str, expected: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_requirements(text, "r.in")
    assert str(caught.value).startswith(expected)
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("a'b c'd", "ab cd"),
        ('a"b c"d', "ab cd"),
        (r"a\ b\'", "a b'"),
        (r'"a\"b\$c\d"', r'a"b$c\d'),
        (r"'a\b'", r"a\b"),
        ("a\\", "a"),
        ("'open", "'open"),
        ('"open', '"open'),
    ],
)
def test_quotes(text: str, expected: str) -> None:
    assert unquote(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://${USER}:${PASS_2}@x.invalid", "https://me:${PASS_2}@x.invalid"),
        ("$USER ${user} ${} ${USER", "$USER ${user} ${} ${USER"),
        ("${USER}${USER}", "meme"),
    ],
)
def test_only_variables_that_are_given_are_expanded(text: str, expected: str) -> None:
    assert expand_variables(text, {"USER": "me"}) == expected


def test_the_names_of_variables() -> None:
    assert find_variables("https://${USER}:${PASS_2}@x.invalid/$A/${b}") == ("USER", "PASS_2")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"flask", "flask"),
        (b"\xef\xbb\xbfflask", "flask"),
        ("flask".encode("utf-16"), "flask"),
        (b"\xfe\xff" + "flask".encode("utf-16-be"), "flask"),
        (b"\xff\xfe", ""),
        ("# caf\xe9".encode(), "# caf\xe9"),
    ],
)
def test_encodings(raw: bytes, expected: str) -> None:
    assert decode_requirements(raw, "r.in") == expected


def test_bytes_of_no_encoding_are_refused() -> None:
    with pytest.raises(InputError, match=r"r\.in: the file is neither UTF-8 nor marked as UTF-16 \(save it as UTF-8\)"):
        decode_requirements(b"caf\xe9", "r.in")


def test_a_text_too_long_is_refused() -> None:
    with pytest.raises(InputError, match=r"r\.in: the file has more than [\d,]+ characters"):
        parse_requirements("#" * (REQUIREMENTS_FILE_TEXT + 1), "r.in")


def test_a_file_of_too_many_statements_is_refused() -> None:
    text = "a\n" * (REQUIREMENTS_FILE_STATEMENTS + 1)
    with pytest.raises(InputError, match=r"the file has more than [\d,]+ statements"):
        parse_requirements(text, "r.in")


@pytest.mark.parametrize("text", ["\\" * 200_000, " " * 200_000, "a[" * 4_000, "'" * 200_001, "-r " + '"\\' * 100_000])
def test_odd_texts_take_no_time(text: str) -> None:
    with suppress(InputError):
        parse_requirements(text, "r.in")


@pytest.mark.uv
@pytest.mark.parametrize("text", [text for text, _ in READ] + [text for text, _ in REFUSED])
def test_uv_takes_the_same_texts(text: str, tmp_path: Path) -> None:
    """What uv refuses to read ends with 2; without a network, what it reads ends otherwise at these names."""
    (tmp_path / "r.in").write_bytes(text.encode())
    for name in ("base.in", "a b.in", "foo"):
        (tmp_path / name).touch()
    command = [need_uv(), "pip", "compile", "--offline", "--no-deps", "-q", "--no-cache", "r.in"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    refused = done.returncode == 2 and ("Couldn't parse" in done.stderr or "r.in" in done.stderr)
    assert refused is (text in {one for one, _ in REFUSED}), done.stderr
