"""Secrets in files: a variable of the same name with ``_FILE`` names one, as secrets are mounted."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic.fields import FieldInfo
from pydantic_settings import PydanticBaseSettingsSource

from bot.errors import InputError

#: Fields whose value may be that of a file.
IN_FILES = ("webhook_secret", "client_secret", "database_url", "metrics_token")


def name_variable(field_name: str) -> str:
    return f"LOCKBOT_{field_name.upper()}"


class SecretFiles(PydanticBaseSettingsSource):
    """Secrets in files, below the variables that hold them themselves."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[object, str, bool]:
        del field
        path = os.environ.get(f"{name_variable(field_name)}_FILE") if field_name in IN_FILES else None
        return _read_secret(f"{name_variable(field_name)}_FILE", path) if path else None, field_name, False

    def __call__(self) -> dict[str, object]:
        found = {name: self.get_field_value(field, name)[0] for name, field in self.settings_cls.model_fields.items()}
        return {name: value for name, value in found.items() if value is not None}


def _read_secret(variable: str, path: str) -> str:
    try:
        text = Path(path).expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a text file"
        raise InputError(
            f"{variable}: {path} can't be read: {reason}", hint="name a file that holds the secret"
        ) from None
    if not text:
        raise InputError(f"{variable}: {path} is empty", hint="name a file that holds the secret")
    return text
