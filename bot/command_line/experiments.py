"""uv's experiments: the names that it knows, and which of them are tried."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeAlias

from bot.values import value

#: All or none by one word, or some by their names.
Preview: TypeAlias = bool | tuple[str, ...]

_NAMES: Final = frozenset(
    (
        "add-bounds",
        "adjust-ulimit",
        "artifact-hash-filtering",
        "audit-command",
        "auth-helper",
        "azure-endpoint",
        "batch-export",
        "build-dependency-check",
        "build-dependency-hashes",
        "build-lazy-imports",
        "cache-physical-space",
        "cache-size",
        "centralized-project-envs",
        "check-command",
        "content-addressed-cache",
        "detect-module-conflicts",
        "extra-build-dependencies",
        "format-command",
        "frozen-lockfile",
        "gcs-endpoint",
        "http2-keep-alive",
        "index-by-name",
        "index-exclude-newer",
        "index-hash-algorithm",
        "init-project-flag",
        "json-output",
        "lock-without-metadata",
        "lockfile-format-check",
        "lockfile-normalization",
        "malware-check",
        "metadata-json",
        "minimum-libc-version",
        "missing-exclude-newer-package-lock",
        "native-auth",
        "package-conflicts",
        "packaged-init",
        "project-directory-must-exist",
        "publish-require-normalized",
        "pylock",
        "python-install-default",
        "relocatable-envs-default",
        "resolution-inputs",
        "s3-endpoint",
        "sbom-export",
        "special-conda-env-names",
        "target-workspace-discovery",
        "toml-backwards-compatibility",
        "tool-install-locks",
        "venv-redirect-files",
        "venv-safe-clear",
        "wheel-variants",
        "workspace-dir",
        "workspace-list",
        "workspace-list-scripts",
        "workspace-metadata",
    )
)
_ALIASES: Final = {"format": "format-command", "audit": "audit-command", "check": "check-command"}


@value(kw_only=False)
class Tried:
    """The experiments that are tried, and what was asked for that uv does not know."""

    names: frozenset[str] = frozenset()
    unknown: tuple[str, ...] = ()


def tried(switch: bool | None, names: Iterable[str], configured: Preview | None) -> Tried:
    """What is tried by a command's ``switch`` (all or none) and ``names``, and by what settings say.

    A switch decides alone; settings that try everything count more than names, names more than other settings.
    """
    said = tuple(names)
    if switch is not None:
        return Tried(_NAMES if switch else frozenset())
    unknown = unknown_experiments(said)
    if isinstance(configured, bool):
        return Tried(_NAMES if configured else _known(said), unknown)
    return Tried(_known(said or configured or ()), unknown)


def _known(names: Iterable[str]) -> frozenset[str]:
    return frozenset(_ALIASES.get(name, name) for name in names) & _NAMES


def unknown_experiments(names: Iterable[str]) -> tuple[str, ...]:
    """Those that uv does not know, each once, in order."""
    return tuple(dict.fromkeys(name for name in names if name not in _NAMES and name not in _ALIASES))
