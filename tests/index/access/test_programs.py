"""Which programs are run for credentials, and which never."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.index.access.keyring import Keyring, services_of
from bot.index.access.programs import Surroundings, find_program, run_program
from bot.index.access.secret import NoSecretError


def put(folder: Path, body: str = "exit 0", name: str = "keyring", mode: int = 0o755) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(mode)
    return path


def around(*folders: Path | str, foreign: tuple[Path, ...] = ()) -> Surroundings:
    return Surroundings(environment={"PATH": ":".join(map(str, folders))}, foreign=foreign)


def test_the_first_on_the_path(tmp_path: Path) -> None:
    put(tmp_path / "a", mode=0o644)
    (tmp_path / "b" / "keyring").mkdir(parents=True)
    found = put(tmp_path / "c")
    put(tmp_path / "d")
    assert find_program("keyring", around(*(tmp_path / name for name in "abcd"))) == found


def test_none_of_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = tmp_path / "repository"
    put(repository / "bin")
    linked = tmp_path / "linked"
    linked.symlink_to(repository / "bin")
    own = put(tmp_path / "own")
    monkeypatch.chdir(repository)
    places = around("", ".", "bin", repository / "bin", linked, tmp_path / "own", foreign=(repository,))
    assert find_program("keyring", places) == own
    assert find_program("./bin/keyring", places) is None


def test_what_is_asked_for_is_written_as_uv_writes_it() -> None:
    assert services_of("https://Index.example:443/simple/") == ("https://index.example/simple/", "index.example")
    assert services_of("http://h:8080") == ("http://h:8080/", "h:8080", "http://h:8080")


def test_the_secret_of_a_login_is_in_no_argument(tmp_path: Path) -> None:
    put(tmp_path, 'echo "$@" >> "$0.log"; [ "$2" = index.example ] && echo hush-hush')
    found = Keyring(around=around(tmp_path)).find("https://index.example/simple/", "u")
    assert found is not None
    assert (found.username, found.password) == ("u", "hush-hush")
    assert "hush" not in repr(found)
    said = (tmp_path / "keyring.log").read_text().splitlines()
    assert said == ["get https://index.example/simple/ u", "get index.example u"]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("printf 'u\\nsecret\\n'", ("u", "secret")),
        ("printf 'u\\n'", None),
        ("echo 'unrecognized arguments: --mode' >&2; exit 2", None),
        ("printf '\\377\\n\\377'", None),
    ],
)
def test_a_login_of_which_not_even_the_user_is_known(tmp_path: Path, body: str, found: tuple[str, str] | None) -> None:
    put(tmp_path, f'[ "$3 $4" = "--mode creds" ] || exit 9; {body}')
    login = Keyring(around=around(tmp_path)).find("https://index.example/", None)
    assert (login and (login.username, login.password)) == found


def test_no_program_is_no_login(tmp_path: Path) -> None:
    assert Keyring(around=around(tmp_path)).find("https://index.example/", "u") is None


def test_a_program_that_does_not_end_is_ended(tmp_path: Path) -> None:
    with pytest.raises(NoSecretError, match="did not end within 0 seconds"):
        run_program(put(tmp_path, "exec /bin/sleep 60"), (), around(), seconds=0.1)


def test_a_program_that_can_not_be_run(tmp_path: Path) -> None:
    path = tmp_path / "keyring"
    path.write_text("#!/nowhere\n")
    path.chmod(0o755)
    with pytest.raises(NoSecretError, match="can't be run: No such file"):
        run_program(path, (), around())
