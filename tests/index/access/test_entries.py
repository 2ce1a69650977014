"""The file of ``LOCKBOT_INDEX_CREDENTIALS``, and the sources that need no cloud."""

from __future__ import annotations

import os
import re
import stat
import sys
import time
from pathlib import Path

import pytest

from bot.errors import IndexFailure, InputError
from bot.index.access.entries import KEYS, Entry, known_secrets, read_entries
from bot.index.access.secret import Keeper
from bot.index.granted import grant
from tests.index.conftest import HandClock

PLAIN = '[[credentials]]\nprefix = "https://pkg.example.org/a/"\nusername = "me"\n'
ENVIRONMENT = {"TOKEN": "from a variable", "PATH": os.environ["PATH"], "LOCKBOT_WEBHOOK_SECRET": "the App's"}


def read(folder: Path, text: str, clock: HandClock | None = None) -> tuple[Entry, ...]:
    (folder / "c.toml").write_text(text)
    return read_entries(folder / "c.toml", ENVIRONMENT, clock or HandClock())


def keeper_of(entry: Entry, clock: HandClock) -> Keeper:
    return Keeper(entry.source, clock)


def make_program(folder: Path, body: str, name: str = "give-token") -> Path:
    path = folder / name
    path.write_text(f"#!{sys.executable}\nimport json, os, sys\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_no_file_is_no_entries() -> None:
    assert read_entries(None, {}, time.time) == ()


def test_one_secret_for_several_prefixes(tmp_path: Path) -> None:
    (entry,) = read(
        tmp_path,
        '[[credentials]]\nprefix = ["https://a.example/x/", "https://b.example/"]\nusername = "me"\npassword = "p"\n',
    )
    granted = grant([entry], HandClock())
    assert [one.prefix for one in granted.for_all] == ["https://a.example/x/", "https://b.example/"]
    assert len({id(one.keeper) for one in granted.for_all}) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[credentials]\n", "can't be read"),
        ("[credentials]\n", r"must hold \[\[credentials\]\]"),
        ("[[other]]\n", "and nothing else"),
        ("credentials = [1]\n", "credentials 1: must be a table"),
        (PLAIN, "credentials 1: must have a prefix and one of password, variable, file, command"),
        (PLAIN + 'password = "p"\nvariable = "TOKEN"\n', "must have a prefix and one of"),
        (PLAIN + 'pasword = "p"\n', "'pasword' is not known; there are aws-codeartifact, azure, command"),
        (PLAIN + "password = 1\n", "password must be a text"),
        ('[[credentials]]\nprefix = "https://a"\npassword = "p"\n', "username must be a text"),
        (PLAIN.replace('"me"', '"m:e"') + 'password = "p"\n', "without a colon"),
        (PLAIN.replace("https", "http") + 'password = "p"\n', "must start with https://"),
        (PLAIN.replace("https://", "https://u:p@") + 'password = "p"\n', "without user name and password"),
        (
            '[[credentials]]\nprefix = ["https://a/", "http://a/"]\npassword = "p"\nusername = ""\n',
            "start with https://",
        ),
        ('[[credentials]]\nprefix = []\npassword = "p"\nusername = ""\n', "prefix must be a text, or a list"),
        ('[[credentials]]\nprefix = ["https://a", 1]\npassword = "p"\nusername = ""\n', "or a list of texts"),
        (PLAIN + 'password = "p"\nscheme = "digest"\n', "scheme must be one of basic, bearer"),
        (PLAIN + 'password = "p"\nrepositories = []\n', "repositories must list at least one"),
        (PLAIN + 'password = "p"\nrepositories = "acme/*"\n', "repositories must list at least one"),
        (PLAIN + 'password = "p"\nrepositories = ["acme"]\n', r"written OWNER/NAME or OWNER/\*, not 'acme'"),
        (PLAIN + 'password = "p"\nrepositories = ["!acme/x"]\n', "not '!acme/x'"),
        (PLAIN + 'password = "p"\nrepositories = ["**"]\n', r"not '\*\*'"),
        (PLAIN + 'password = "p"\nlasts = 3\n', "there is no command"),
        (PLAIN + 'file = "x"\n', "file must be an absolute path"),
        (PLAIN + "command = []\n", "command must be a list of texts"),
        (PLAIN + 'command = "gcloud auth"\n', "command must be a list of texts"),
        (PLAIN + 'command = ["./x"]\n', "must be a bare name or an absolute path"),
        (PLAIN + 'command = ["x"]\nlasts = 0\n', "lasts must be a number of seconds"),
        (PLAIN + "gcp = 1\n", "gcp must be true, or a table of texts"),
        (PLAIN + "gcp = { scope = 'x' }\n", "gcp has no option scope"),
        (PLAIN + "azure = { tenant = 'x' }\n", "an application of azure is told by tenant, client and either"),
        (PLAIN + "azure = { zone = 'x' }\n", "azure has no option zone"),
        (PLAIN + "aws-codeartifact = true\n", "the prefix does not say the domain of the repository"),
        (PLAIN + "aws-codeartifact = { user = 'x' }\n", "aws-codeartifact has no option user"),
    ],
)
def test_what_is_out_of_shape_is_refused_with_its_number(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read(tmp_path, text)


def test_no_secret_shows_in_a_refusal_or_a_representation(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        read(tmp_path, PLAIN + 'password = "hush-hush"\npasswords = "hush-hush"\n')
    (entry,) = read(tmp_path, PLAIN + 'password = "hush-hush"\n')
    keeper = keeper_of(entry, HandClock())
    shown = [str(refused.value), repr(entry), repr(entry.source), repr(keeper), repr(keeper.get())]
    shown.append(repr(grant([entry], HandClock())))
    assert [one for one in shown if "hush" in one] == []


def test_secrets_that_are_known_are_told_for_the_log(tmp_path: Path) -> None:
    more = PLAIN + 'variable = "TOKEN"\n' + PLAIN + 'variable = "OTHER"\n' + PLAIN + 'command = ["x"]\n'
    assert list(known_secrets(read(tmp_path, PLAIN + 'password = "p"\n' + more))) == ["p", "from a variable"]


@pytest.mark.parametrize(
    ("repository", "is_served"),
    [
        ("acme/web", True),
        ("ACME/Web", True),
        ("other/one", True),
        ("other/two", False),
        ("acme-labs/web", False),
        ("x/acme/web", False),
        (None, False),
    ],
)
def test_an_entry_may_be_for_some_repositories(tmp_path: Path, repository: str | None, is_served: bool) -> None:
    (entry,) = read(tmp_path, PLAIN + 'password = "p"\nrepositories = ["Acme/*", "other/one"]\n')
    assert entry.serves(repository) is is_served
    (for_all,) = read(tmp_path, PLAIN + 'password = "p"\n')
    assert for_all.serves(repository)


def test_what_is_kept_goes_by_the_entry_and_not_by_its_secret(tmp_path: Path) -> None:
    texts = [
        PLAIN + 'password = "p"\n',
        PLAIN + 'password = "another"\n',
        PLAIN + 'password = "p"\nrepositories = ["acme/*"]\n',
        PLAIN + 'variable = "TOKEN"\n',
    ]
    first, renewed, bound, other = (read(tmp_path, text)[0].identity for text in texts)
    assert first == renewed
    assert len({first, bound, other}) == 3


# --- sources --------------------------------------------------------------------------------------


def test_a_variable(tmp_path: Path) -> None:
    given, missing = read(tmp_path, PLAIN + 'variable = "TOKEN"\n' + PLAIN + 'variable = "OTHER"\n')
    assert keeper_of(given, HandClock()).get().password == "from a variable"
    with pytest.raises(IndexFailure, match="the variable OTHER is not set"):
        keeper_of(missing, HandClock()).get()


def test_a_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("first\n")
    (entry,) = read(tmp_path, PLAIN + f'file = "{path}"\n')
    keeper = keeper_of(entry, HandClock())
    assert [keeper.get().password, keeper.get().password] == ["first", "first"]
    (tmp_path / "new").write_text("second\n")
    (tmp_path / "new").rename(path)
    assert keeper.find() is None
    assert keeper.get().password == "second"
    path.unlink()
    assert keeper.get().password == "second", "it is being replaced"


@pytest.mark.parametrize(("content", "words"), [(b"", "is empty"), (b"\xff", "no text"), (b"x" * 70_000, "too long")])
def test_a_file_that_is_no_secret(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "token").write_bytes(content)
    (entry,) = read(tmp_path, PLAIN + f'file = "{tmp_path}/token"\n')
    with pytest.raises(IndexFailure, match=words):
        keeper_of(entry, HandClock()).get()


def test_a_command_is_run_again_when_its_output_is_over(tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    program = make_program(
        tmp_path, f"open({str(counter)!r}, 'a').write('x'); print('token', os.path.getsize({str(counter)!r}), sep='-')"
    )
    clock = HandClock()
    (entry,) = read(tmp_path, PLAIN + f'command = ["{program}", "--now"]\nlasts = 100\n', clock)
    keeper = keeper_of(entry, clock)
    assert keeper.get().password == keeper.get().password == "token-1"
    clock.now += 79
    assert keeper.find() is not None
    clock.now += 2
    assert keeper.find() is None, "it is renewed before it ends"
    assert keeper.get().password == "token-2"


def test_a_command_may_say_more_and_is_not_told_the_apps_own_secrets(tmp_path: Path) -> None:
    body = (
        'print(json.dumps({"password": " ".join(sorted(k for k in os.environ if "LOCKBOT" in k)) or "none", '
        '"username": "u", "expires_at": "2026-01-01T00:00:00Z"}))'
    )
    program = make_program(tmp_path, body)
    (entry,) = read(tmp_path, PLAIN + f'command = ["{program}"]\n')
    found = keeper_of(entry, HandClock()).get()
    assert (found.username, found.password, found.ends_at) == ("u", "none", 1_767_225_600.0)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("sys.exit('no session')", "give-token ended with 1: no session"),
        ("print()", "printed nothing"),
        ("print('a'); print('b')", "more than one line"),
        ("print('{')", "JSON that can't be read"),
        ("print('{}')", "without a password"),
        ("""print('{"password": "p", "expires_at": "tomorrow"}')""", "JSON that can't be read"),
        ("sys.stdout.buffer.write(b'\\xff')", "no text"),
    ],
)
def test_a_command_that_gives_none_says_why(tmp_path: Path, body: str, words: str) -> None:
    program = make_program(tmp_path, body)
    (entry,) = read(tmp_path, PLAIN + f'command = ["{program}"]\n')
    with pytest.raises(IndexFailure, match=words):
        keeper_of(entry, HandClock()).get()


def test_a_command_that_is_not_there(tmp_path: Path) -> None:
    (entry,) = read(tmp_path, PLAIN + 'command = ["give-token"]\n')
    with pytest.raises(IndexFailure, match="there is no program give-token on the path"):
        keeper_of(entry, HandClock()).get()


# --- the document ---------------------------------------------------------------------------------


def documented(name: str) -> list[str]:
    """The examples of the file in a document."""
    text = (Path(__file__).parents[3] / "docs" / name).read_text("utf-8")
    return [block for block in re.findall(r"```toml\n(.*?)```", text, re.DOTALL) if "[[credentials]]" in block]


@pytest.mark.parametrize("text", documented("private-indexes.md") + documented("operating.md"))
def test_the_examples_of_the_documents_are_valid(tmp_path: Path, text: str) -> None:
    (entry,) = read(tmp_path, text)
    assert entry.source.kind in ("azure", "gcp", "aws-codeartifact", "file")


def test_every_key_is_documented() -> None:
    text = (Path(__file__).parents[3] / "docs" / "private-indexes.md").read_text("utf-8")
    assert [key for key in KEYS if f"`{key}`" not in text] == []
