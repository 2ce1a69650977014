"""Environment -> settings; errors that name the variable; secrets that don't show."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import InputError
from bot.settings import read_settings

KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIsecretsecret\n-----END RSA PRIVATE KEY-----\n"
GOOD = {"LOCKBOT_APP_ID": "12", "LOCKBOT_PRIVATE_KEY": KEY, "LOCKBOT_WEBHOOK_SECRET": "hush-hush"}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_all_that_the_server_needs(environment: pytest.MonkeyPatch) -> None:
    settings = read_settings()
    credentials = settings.get_app_credentials()
    assert (credentials.app_id, credentials.private_key, credentials.webhook_secret) == (12, KEY, "hush-hush")
    assert settings.log_format == "text"
    assert settings.get_database_url() == f"sqlite:///{Path.home()}/.local/state/lockbot/lockbot.sqlite"


def test_nothing_is_needed_for_other_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in GOOD:
        monkeypatch.delenv(name, raising=False)
    assert read_settings().cache_dir == Path.home() / ".cache/lockbot"


def test_a_key_on_one_line(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("LOCKBOT_PRIVATE_KEY", KEY.replace("\n", "\\n"))
    assert read_settings().get_app_credentials().private_key == KEY


def test_a_key_from_a_file(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text(KEY)
    environment.delenv("LOCKBOT_PRIVATE_KEY")
    environment.setenv("LOCKBOT_PRIVATE_KEY_FILE", str(tmp_path / "key.pem"))
    assert read_settings().get_app_credentials().private_key == KEY


@pytest.mark.parametrize(
    ("url", "api"),
    [
        ("https://github.com", "https://api.github.com"),
        ("https://github.com/", "https://api.github.com"),
        ("https://github.example.org/", "https://github.example.org/api/v3"),
        ("http://127.0.0.1:9999", "http://127.0.0.1:9999/api/v3"),
        ("https://octo.ghe.com", "https://api.octo.ghe.com"),
        ("https://octo.ghe.com.example.org", "https://octo.ghe.com.example.org/api/v3"),
    ],
)
def test_the_api_follows_from_the_web_address(environment: pytest.MonkeyPatch, url: str, api: str) -> None:
    environment.setenv("LOCKBOT_GITHUB_URL", url)
    assert read_settings().api_url == api


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("LOCKBOT_APP_ID", "twelve", "LOCKBOT_APP_ID: Input should be a valid integer"),
        ("LOCKBOT_APP_ID", "", "LOCKBOT_APP_ID is not set"),
        ("LOCKBOT_WEBHOOK_SECRET", "", "LOCKBOT_WEBHOOK_SECRET is not set"),
        ("LOCKBOT_PRIVATE_KEY", "", "LOCKBOT_PRIVATE_KEY is not set"),
        ("LOCKBOT_PRIVATE_KEY", "hello-secret", "LOCKBOT_PRIVATE_KEY: not a PEM private key"),
        ("LOCKBOT_GITHUB_URL", "github.com", "LOCKBOT_GITHUB_URL: must be an http"),
        ("LOCKBOT_GITHUB_URL", "https://user:hello-secret@github.com", "without credentials"),
        ("LOCKBOT_GITHUB_URL", "https://[::1", "LOCKBOT_GITHUB_URL: must be an http"),
        ("LOCKBOT_PUBLIC_URL", "lockbot.example.org", "LOCKBOT_PUBLIC_URL: must be this server's own http(s) address"),
        ("LOCKBOT_PUBLIC_URL", "https://lockbot.example.org/below", "without a path"),
        ("LOCKBOT_PUBLIC_URL", "https://me:hello-secret@lockbot.example.org", "LOCKBOT_PUBLIC_URL: must be"),
        ("LOCKBOT_DATABASE_URL", "mysql://hello-secret@x/y", "LOCKBOT_DATABASE_URL: must start with"),
        ("LOCKBOT_ALLOW_PRIVATE_NETWORK", "10.0.0.0/99", "LOCKBOT_ALLOW_PRIVATE_NETWORK: '10.0.0.0/99'"),
        ("LOCKBOT_LOG_FORMAT", "xml", "LOCKBOT_LOG_FORMAT: Input should be 'text' or 'json'"),
    ],
)
def test_a_wrong_variable_is_named(environment: pytest.MonkeyPatch, name: str, value: str, words: str) -> None:
    environment.setenv(name, value)
    with pytest.raises(InputError) as caught:
        read_settings().get_app_credentials()
    assert words in str(caught.value)
    assert caught.value.hint
    assert "hello-secret" not in str(caught.value)


def test_a_key_file_that_is_not_there_is_named(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment.delenv("LOCKBOT_PRIVATE_KEY")
    environment.setenv("LOCKBOT_PRIVATE_KEY_FILE", str(tmp_path / "none.pem"))
    with pytest.raises(InputError, match=r"LOCKBOT_PRIVATE_KEY_FILE: .*none.pem can't be read: No such file"):
        read_settings().get_app_credentials()


def test_networks_are_a_list(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("LOCKBOT_ALLOW_PRIVATE_NETWORK", "10.1.2.3/8, fd00::/8")
    assert [str(one) for one in read_settings().allow_private_network] == ["10.0.0.0/8", "fd00::/8"]


def test_no_secret_is_in_a_repr(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("LOCKBOT_DATABASE_URL", "postgresql://me:hush-hush@db/x")
    settings = read_settings()
    shown = repr(settings) + str(settings) + repr(settings.get_app_credentials()) + settings.model_dump_json()
    assert [one for one in ("hush-hush", "MIIsecretsecret") if one in shown] == []


def test_settings_can_not_be_changed(environment: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="frozen"):
        read_settings().app_id = 3


@pytest.mark.parametrize("name", ["WEBHOOK_SECRET", "CLIENT_SECRET", "DATABASE_URL", "METRICS_TOKEN"])
def test_a_secret_from_a_file(environment: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    secret = "postgresql://lockbot:hush@db/lockbot" if name == "DATABASE_URL" else "from-a-file"
    (tmp_path / "secret").write_text(f"{secret}\n")
    environment.delenv(f"LOCKBOT_{name}", raising=False)
    environment.setenv(f"LOCKBOT_{name}_FILE", str(tmp_path / "secret"))
    settings = read_settings()
    assert getattr(settings, name.lower()).get_secret_value() == secret
    assert secret in settings.list_secrets()
    assert secret not in repr(settings)


def test_a_variable_beats_its_file(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from-a-file")
    environment.setenv("LOCKBOT_WEBHOOK_SECRET_FILE", str(tmp_path / "secret"))
    assert read_settings().get_app_credentials().webhook_secret == "hush-hush"


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "No such file"), (b"", "is empty"), (b" \n", "is empty"), (b"\xff\xfe", "not a text file")],
)
def test_a_file_without_a_secret_is_named(
    environment: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None, words: str
) -> None:
    if content is not None:
        (tmp_path / "secret").write_bytes(content)
    environment.setenv("LOCKBOT_METRICS_TOKEN_FILE", str(tmp_path / "secret"))
    with pytest.raises(InputError, match=f"LOCKBOT_METRICS_TOKEN_FILE: .*{words}"):
        read_settings()


@pytest.mark.parametrize(
    "given",
    [
        "postgres://me:pa%24word@db:5432/x",
        "postgresql://me:pa%24word@db:5432/x",
        "postgresql+psycopg://me:pa%24word@db:5432/x",
    ],
)
def test_all_names_of_postgres_are_taken(environment: pytest.MonkeyPatch, given: str) -> None:
    environment.setenv("LOCKBOT_DATABASE_URL", given)
    settings = read_settings()
    assert settings.get_database_url().partition("://")[0] in ("postgresql", "postgresql+psycopg")
    assert {settings.get_database_url(), "pa%24word", "pa$word"} <= set(settings.list_secrets())
    assert "word" not in repr(settings)
