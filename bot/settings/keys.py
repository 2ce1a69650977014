"""What the App proves itself with, read and looked at; no part of it shows in an error."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from bot.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class AppCredentials:
    """What the App proves itself with. ``private_key`` is PEM text."""

    app_id: int
    private_key: str = field(repr=False)
    webhook_secret: str = field(repr=False)


def parse_key(text: str) -> str:
    """Raises ``InputError`` for what is no PEM."""
    # One-line environments carry the key with its line ends written as \n.
    return _check_pem("LOCKBOT_PRIVATE_KEY", text.replace("\\n", "\n"))


def read_key(path: Path) -> str:
    """Raises ``InputError`` where it can't be read, or is no PEM."""
    try:
        text = path.read_text(encoding="ascii")
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a text file"
        raise InputError(
            f"LOCKBOT_PRIVATE_KEY_FILE: {path} can't be read: {reason}",
            hint="point it to the PEM file downloaded from the App's settings page",
        ) from None
    return _check_pem("LOCKBOT_PRIVATE_KEY_FILE", text)


def list_key_lines(text: str) -> tuple[str, ...]:
    """What of a key may be shown apart from the rest; nothing of what is none."""
    return tuple(text.splitlines()[1:-1]) if "-----BEGIN" in text else ()


def _check_pem(name: str, text: str) -> str:
    if "-----BEGIN" not in text or "PRIVATE KEY-----" not in text:
        raise InputError(
            f"{name}: not a PEM private key", hint="it starts with -----BEGIN RSA PRIVATE KEY----- or the like"
        )
    return text
