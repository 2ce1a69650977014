"""The JSON schema of ``.lockbot.json``, made from the model; ``config/lockbot.schema.json`` holds it for editors."""

from __future__ import annotations

import json

from bot.repoconfig.model import RepoConfig

#: Its name, wherever a copy lies; the number goes up when a file that was valid no longer is.
SCHEMA_ID = "urn:lockbot:schema:repository-configuration:1"


def render_schema() -> str:
    """The schema as JSON text, the same on every run."""
    schema = RepoConfig.model_json_schema(by_alias=True)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["$id"] = SCHEMA_ID
    schema["title"] = "lockbot repository configuration"
    schema["allowTrailingCommas"] = False
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
