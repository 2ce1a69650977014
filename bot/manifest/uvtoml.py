"""``uv.toml``: the settings that replace those of ``[tool.uv]`` in the ``pyproject.toml`` beside it.

Sources, the workspace and everything that states dependencies stay those of ``pyproject.toml``.
"""

from __future__ import annotations

from bot.manifest.model import UvSettings
from bot.manifest.reader import read_document
from bot.manifest.settings import read_settings


def parse_uv_toml(text: str, path: str) -> UvSettings:
    """Parse one ``uv.toml``; raises ``InputError`` with path and line."""
    return read_document(text, path, read_settings)
