"""``lockbot doctor``: each failure once, with what to do; nothing is made; ``serve`` refuses in the same words."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bot.app.diagnosis import diagnose_server, judge_sent
from bot.app.start import check_start
from bot.cli.commands.doctor import report
from bot.errors import LockbotError
from bot.forge.github.registering.hook import Sent
from bot.settings import Settings, read_server_settings, store
from tests.github import Hub
from tests.github.wire import Reply
from tests.runs.server import Server
from tests.settings.test_stored import ONE

PUBLIC = "https://lockbot.example.org"
ALL = (
    *("credentials", "data folder", "forge", "permissions", "webhook", "deliveries", "installations", "public URL"),
    *("sign-in", "database", "git"),
)


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with Hub(tmp_path / "hub") as hub:
        for name, value in Server(hub, tmp_path, lambda _: []).environment.items():
            if name.startswith("LOCKBOT_"):
                monkeypatch.setenv(name, value)
        monkeypatch.setenv("LOCKBOT_PUBLIC_URL", PUBLIC)
        hub.webhook_url = f"{PUBLIC}/webhook"
        yield hub


def examine(settings: Settings | None = None) -> list[str]:
    lines: list[str] = []
    failed = report(settings or read_server_settings(), diagnose_server, lines.append)
    assert failed == len(find_bad(lines))
    return lines


def find_bad(lines: list[str]) -> list[str]:
    return [line for line in lines if line.startswith("FAIL")]


def test_all_is_well(hub: Hub) -> None:
    lines = examine()
    assert [line.partition(":")[0] for line in lines] == [f"ok   {name}" for name in ALL]
    assert f"ok   webhook: {PUBLIC}/webhook" in lines
    assert "LOCKBOT_APP_ID, LOCKBOT_PRIVATE_KEY, LOCKBOT_WEBHOOK_SECRET" in lines[0]


def test_it_makes_nothing(hub: Hub, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    lines = examine()
    assert f"ok   database: sqlite, to be made at {tmp_path}/data/lockbot.sqlite, empty" in lines
    assert f"ok   data folder: {tmp_path}/data, to be made" in lines
    assert sorted(tmp_path.rglob("*")) == before


def test_it_makes_nothing_beside_a_database_either(hub: Hub, tmp_path: Path) -> None:
    from bot.jobs.opening import open_database

    database = open_database(read_server_settings().get_database_url())
    database.engine.dispose()
    before = sorted(tmp_path.rglob("*"))
    assert "ok   database: sqlite, 0 repositories known" in examine()
    assert sorted(tmp_path.rglob("*")) == before


def test_the_command_in_an_empty_home_makes_nothing(tmp_path: Path) -> None:
    """It has no App: what follows from that is not told again. Without a network the index is the other failure."""
    environment = {
        "HOME": str(tmp_path),
        "PATH": "/usr/bin:/bin",
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "TMPDIR": "/tmp",
    }
    done = subprocess.run(
        [sys.executable, "-m", "bot", "doctor"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    bad = find_bad(done.stdout.splitlines())
    assert (done.returncode, done.stderr) == (1, "")
    assert [line.partition(":")[0] for line in bad] == ["FAIL credentials", "FAIL index"]
    assert "lockbot serve" in bad[0]
    assert list(tmp_path.iterdir()) == []


def lack_permissions(hub: Hub, _patch: pytest.MonkeyPatch) -> None:
    hub.app.permissions = {"metadata": "read", "contents": "read"}
    hub.app.events = ("push",)


def have_the_key_of_another(hub: Hub, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("LOCKBOT_PRIVATE_KEY", hub.make_key()[0])


def have_no_rsa_key(_hub: Hub, patch: pytest.MonkeyPatch) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    forms = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    patch.setenv("LOCKBOT_PRIVATE_KEY", key.private_bytes(*forms).decode())


def lose_the_webhook(hub: Hub, _patch: pytest.MonkeyPatch) -> None:
    hub.webhook_url = None


def have_it_elsewhere(hub: Hub, _patch: pytest.MonkeyPatch) -> None:
    hub.webhook_url = "https://old.example.org/webhook"


def send_a_form(hub: Hub, _patch: pytest.MonkeyPatch) -> None:
    hub.fail_next(
        "GET /api/v3/app/hook/config",
        Reply(body={"url": f"{PUBLIC}/webhook", "content_type": "form", "insecure_ssl": "0"}),
    )


def check_no_certificate(hub: Hub, _patch: pytest.MonkeyPatch) -> None:
    hub.fail_next(
        "GET /api/v3/app/hook/config",
        Reply(body={"url": f"{PUBLIC}/webhook", "content_type": "json", "insecure_ssl": "1"}),
    )


def have_no_secret(hub: Hub, _patch: pytest.MonkeyPatch) -> None:
    hub.app.webhook_secret = ""


def reach_nobody(hub: Hub, _patch: pytest.MonkeyPatch) -> None:
    hub.webhook_url = "http://127.0.0.1:9/webhook"
    hub.install(hub.add_repository("octo/app", {}))
    hub.drain()
    hub.webhook_url = f"{PUBLIC}/webhook"


def be_away(_hub: Hub, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("LOCKBOT_GITHUB_URL", "http://127.0.0.1:9")


def have_half_of_sign_in(_hub: Hub, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("LOCKBOT_CLIENT_ID", "Iv1.1")


def have_no_number(_hub: Hub, patch: pytest.MonkeyPatch) -> None:
    patch.delenv("LOCKBOT_APP_ID")


def have_a_file_for_a_folder(hub: Hub, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("LOCKBOT_DATA_DIR", __file__)
    patch.setenv("LOCKBOT_DATABASE_URL", "sqlite:////tmp/x.sqlite")


def have_no_database(_hub: Hub, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("LOCKBOT_DATABASE_URL", f"sqlite:///{__file__}/x.sqlite")


def lose_postgres(_hub: Hub, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("LOCKBOT_DATABASE_URL", "postgresql://me:hush-hush@127.0.0.1:9/none")


def show_secrets(_hub: Hub, patch: pytest.MonkeyPatch) -> None:
    data = Path(read_server_settings().data_dir)
    number = read_server_settings().app_id
    assert number is not None
    folder = store(data, replace(ONE, app_id=number))
    folder.joinpath("client-secret").chmod(0o644)


Break = Callable[[Hub, pytest.MonkeyPatch], None]


@pytest.mark.parametrize(
    ("wrong", "what", "words", "remedy", "is_fatal"),
    [
        (have_no_number, "credentials", "LOCKBOT_APP_ID is not set", "lockbot serve", True),
        (have_no_rsa_key, "credentials", "can't be used", "not an RSA key in PEM", True),
        (have_the_key_of_another, "forge", "doesn't take the private key", "a key of the same App", False),
        (be_away, "forge", "ConnectError", "is LOCKBOT_GITHUB_URL right", False),
        (lack_permissions, "permissions", "permission contents: write", "add them on its settings page", False),
        (lose_the_webhook, "webhook", "the App has no webhook", f"set its address to {PUBLIC}/webhook", False),
        (have_it_elsewhere, "webhook", "it goes to https://old.example.org/webhook", "correct either", False),
        (send_a_form, "webhook", "content type is not application/json", "choose that", False),
        (check_no_certificate, "webhook", "without checking", "turn SSL verification on", False),
        (have_no_secret, "webhook", "GitHub has no secret for it", "set the one of this server", False),
        (reach_nobody, "deliveries", "installation.created", "firewall", False),
        (have_half_of_sign_in, "sign-in", "LOCKBOT_CLIENT_SECRET is not set", "settings page", False),
        (have_a_file_for_a_folder, "data folder", "can't be used", "name another folder", True),
        (have_no_database, "database", "can't be made", "LOCKBOT_DATABASE_URL", True),
        (lose_postgres, "database", "the job database: ", "LOCKBOT_DATABASE_URL", True),
        (show_secrets, "data folder", "may be read by others", "chmod go= ", True),
    ],
    ids=lambda one: one.__name__ if callable(one) else "",
)
def test_each_failure_once_with_its_remedy(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, wrong: Break, what: str, words: str, remedy: str, is_fatal: bool
) -> None:
    wrong(hub, monkeypatch)
    lines = examine()
    (bad,) = find_bad(lines)
    assert bad.startswith(f"FAIL {what}: ")
    assert words in bad
    assert remedy in bad
    assert "hush-hush" not in bad
    assert [line[5:].partition(":")[0] for line in lines] == list(ALL)
    if is_fatal:
        with pytest.raises(LockbotError) as caught:
            check_start(read_server_settings())
        assert bad == f"FAIL {what}: {caught.value}"
    else:
        check_start(read_server_settings())


def test_what_needs_what_is_missing_is_not_looked_at(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    have_no_number(hub, monkeypatch)
    hub.seen.clear()
    lines = examine()
    assert "--   webhook: not looked at without credentials" in lines
    assert hub.seen == []


def test_who_has_not_accepted_what_is_named(hub: Hub) -> None:
    hub.install(hub.add_repository("octo/app", {}))
    hub.install(hub.add_repository("acme/app", {}), without="issues")
    assert "ok   installations: 2; acme has not accepted issues: write" in examine()


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (0, "firewall"),
        (401, "the webhook secret here is not the App's"),
        (404, "has to end with /webhook"),
        (502, "a proxy in front of it"),
    ],
)
def test_what_became_of_the_last_message_says_what_to_look_at(status: int, words: str) -> None:
    last = Sent(event="push", moment=datetime(2026, 1, 2, tzinfo=UTC), answer="no", status=status)
    with pytest.raises(LockbotError, match=words):
        judge_sent([last])


def test_what_was_mended_since_is_no_failure() -> None:
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    good, bad = (Sent(event="push", moment=moment, answer="x", status=one) for one in (202, 0))
    assert judge_sent([good, bad]) == "1 of the last 2 were taken"
