"""Reads the configurations of pre-commit and prek. Nothing of them is run, and no pattern of them is matched."""

from __future__ import annotations

import posixpath
from functools import lru_cache
from typing import Final

from bot.precommit.model import HookConfig
from bot.precommit.prek_config import parse_prek_config
from bot.precommit.yaml_config import parse_yaml_config

_PREK: Final = "prek.toml"
_NAMES: Final = frozenset((".pre-commit-config.yaml", ".pre-commit-config.yml", _PREK))


def is_hook_config(path: str) -> bool:
    """Whether a file of this name configures hooks."""
    return posixpath.basename(path) in _NAMES


@lru_cache(maxsize=32)
def parse_hook_config(text: str, path: str) -> HookConfig:
    """What the file says; entries of another form than pre-commit knows are passed over. Raises ``InputError``."""
    return parse_prek_config(text, path) if posixpath.basename(path) == _PREK else parse_yaml_config(text, path)
