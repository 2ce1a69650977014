"""``uv.toml``: the settings that replace those of ``[tool.uv]`` in the ``pyproject.toml`` beside it.

Sources, the workspace and everything that states dependencies stay those of ``pyproject.toml``.
"""

from __future__ import annotations

from bot.manifest.known_settings import ONLY_PROJECT
from bot.manifest.model import UvSettings
from bot.manifest.reader import TomlValue, read_document
from bot.manifest.settings import read_file_settings


def parse_uv_toml(text: str, path: str) -> UvSettings:
    """Parse one ``uv.toml``; raises ``InputError`` with path and line."""
    return read_document(text, path, _read)


def _read(root: TomlValue) -> UvSettings:
    for key in ONLY_PROJECT:
        if root[key].is_present:
            raise root[key].refuse(f"uv.toml can't state {key}", "move it to [tool.uv] of pyproject.toml")
    return read_file_settings(root)
