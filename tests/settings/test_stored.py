"""What set-up stored: whole or not at all, for its owner alone, below the environment."""

from __future__ import annotations

import io
import json
import stat
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bot.app.process import start_logs
from bot.errors import InputError
from bot.logs import get_logger
from bot.settings import Registration, Stored, StoredProblem, find_stored, read_server_settings, read_settings, store
from bot.settings.stored import find_open_files

KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIstoredstored\nMIIlastline\n-----END RSA PRIVATE KEY-----\n"
ONE = Registration(
    app_id=77,
    slug="lockbot-of-octo",
    github_url="https://octo.ghe.com",
    public_url="https://lockbot.example.org",
    client_id="Iv1.stored",
    private_key=KEY,
    webhook_secret="stored-webhook-secret",
    client_secret="stored-client-secret",
)
SECRETS = ("MIIstoredstored", "MIIlastline", "stored-webhook-secret", "stored-client-secret")


@pytest.fixture
def data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A data folder that set-up has been in."""
    monkeypatch.setenv("LOCKBOT_DATA_DIR", str(tmp_path / "data"))
    store(tmp_path / "data", ONE)
    return tmp_path / "data"


def test_what_is_stored_is_found(data: Path) -> None:
    assert find_stored(data) == Stored(folder=data / "app", registration=ONE)


def test_where_nothing_is_stored_nothing_is_found_or_made(tmp_path: Path) -> None:
    assert find_stored(tmp_path / "none") is None
    assert list(tmp_path.iterdir()) == []


def test_its_files_are_for_their_owner_alone(data: Path) -> None:
    modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in (data / "app").iterdir()}
    assert modes == dict.fromkeys(("registration.json", "private-key.pem", "webhook-secret", "client-secret"), 0o600)
    assert stat.S_IMODE((data / "app").stat().st_mode) == 0o700
    assert find_open_files(data / "app") == ()
    (data / "app/webhook-secret").chmod(0o640)
    assert find_open_files(data / "app") == (data / "app/webhook-secret",)


def test_no_secret_is_among_what_a_person_may_look_at(data: Path) -> None:
    text = (data / "app/registration.json").read_text() + repr(find_stored(data))
    assert [one for one in SECRETS if one in text] == []


def test_a_second_app_is_not_stored_over_the_first(data: Path) -> None:
    with pytest.raises(InputError, match="an App is stored there already"):
        store(data, replace(ONE, app_id=78))
    assert find_stored(data) == Stored(folder=data / "app", registration=ONE)


def test_what_a_kill_left_half_written_is_not_read_and_not_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "app.new").mkdir()
    (tmp_path / "app.new/registration.json").write_text("{")
    assert find_stored(tmp_path) is None
    store(tmp_path, ONE)
    assert isinstance(find_stored(tmp_path), Stored)


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        ("registration.json", "{", "registration.json: not JSON"),
        ("registration.json", "[]", "registration.json: not a JSON object"),
        ("registration.json", '{"app_id": "77"}', "registration.json: 'app_id' is missing"),
        ("registration.json", None, "registration.json: can't be read: No such file"),
        ("private-key.pem", None, "private-key.pem: can't be read: No such file"),
    ],
)
def test_what_is_broken_is_named_with_what_to_do(data: Path, file: str, text: str | None, words: str) -> None:
    path = data / "app" / file
    path.unlink() if text is None else path.write_text(text)
    found = find_stored(data)
    assert isinstance(found, StoredProblem)
    assert words in str(found.problem)
    with pytest.raises(InputError, match="remove it to set the App up anew"):
        read_server_settings()
    assert read_settings().app_id is None, "the command line does without"


def test_the_server_takes_what_the_environment_leaves_open(data: Path) -> None:
    settings = read_server_settings()
    credentials = settings.get_app_credentials()
    assert (credentials.app_id, credentials.private_key) == (77, KEY)
    assert credentials.webhook_secret == "stored-webhook-secret"
    assert (settings.client_id, settings.public_url) == ("Iv1.stored", "https://lockbot.example.org")
    assert settings.client_secret is not None
    assert settings.client_secret.get_secret_value() == "stored-client-secret"
    assert (settings.github_url, settings.api_url) == ("https://octo.ghe.com", "https://api.octo.ghe.com")
    assert settings.stored_folder == data / "app"


def test_the_environment_beats_it_and_each_origin_is_told(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCKBOT_WEBHOOK_SECRET", "of-the-environment")
    monkeypatch.setenv("LOCKBOT_PUBLIC_URL", "https://other.example.org/")
    settings = read_server_settings()
    assert settings.get_app_credentials().webhook_secret == "of-the-environment"
    assert settings.public_url == "https://other.example.org"
    assert settings.describe_origin("app_id", "private_key", "private_key_file", "webhook_secret") == (
        f"LOCKBOT_WEBHOOK_SECRET; app_id, private_key stored by set-up in {data / 'app'}"
    )


def test_a_key_file_beats_the_stored_key(data: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text(KEY.replace("stored", "other"))
    monkeypatch.setenv("LOCKBOT_PRIVATE_KEY_FILE", str(tmp_path / "key.pem"))
    assert "MIIotherother" in read_server_settings().get_app_credentials().private_key


def test_nothing_of_one_app_is_used_for_another(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCKBOT_APP_ID", "12")
    settings = read_server_settings()
    assert (settings.app_id, settings.private_key, settings.webhook_secret) == (12, None, None)
    assert settings.stored_folder is None


def test_no_stored_secret_is_in_a_repr_or_in_the_log(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read_server_settings()
    shown = repr(settings) + str(settings) + repr(settings.get_app_credentials()) + settings.model_dump_json()
    log = io.StringIO()
    monkeypatch.setattr(sys, "stderr", log)
    start_logs(settings)
    get_logger("t").error("said", text=KEY, lines=KEY.splitlines(), more=f"{ONE.webhook_secret} {ONE.client_secret}")
    shown += log.getvalue()
    assert "said" in shown
    assert [one for one in SECRETS if one in shown] == []


def test_what_a_later_version_stores_beside_it_is_no_problem(data: Path) -> None:
    path = data / "app/registration.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"more": 1}))
    assert isinstance(find_stored(data), Stored)
