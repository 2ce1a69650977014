"""``setup.cfg``, as far as it states what setuptools would otherwise be asked for; nothing is executed."""

from __future__ import annotations

import configparser
from collections.abc import Iterator, Mapping
from contextlib import suppress

from packaging.utils import InvalidName, canonicalize_name

from bot.values import field, value


@value
class SetupCfg:
    """``[metadata]`` and ``[options]``. ``name`` is normalized, ``None`` where it is none; texts are as written.

    ``has_options``: whether the table is there that makes it a project of setuptools.
    """

    name: str | None = None
    requires_python: str | None = None
    requires: tuple[str, ...] = ()
    extras: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    has_options: bool = False

    @property
    def reads_files(self) -> bool:
        """Whether requirements are to be read from elsewhere (``file:``)."""
        return any(text.startswith("file:") for texts in (self.requires, *self.extras.values()) for text in texts)


def parse_setup_cfg(text: str) -> SetupCfg | None:
    """Parse a ``setup.cfg``; ``None`` where it is no configuration."""
    config = configparser.RawConfigParser()
    config.optionxform = str  # type: ignore[assignment,method-assign]
    try:
        config.read_string(text)
    except configparser.Error:
        return None
    return SetupCfg(
        name=_name(config.get("metadata", "name", fallback="")),
        requires_python=config.get("options", "python_requires", fallback=None),
        requires=tuple(_listed(config.get("options", "install_requires", fallback=""))),
        extras={extra: tuple(_listed(said)) for extra, said in _extras(config)},
        has_options=config.has_section("options"),
    )


def _name(text: str) -> str | None:
    with suppress(InvalidName):
        return canonicalize_name(text.strip(), validate=True)
    return None


def _extras(config: configparser.RawConfigParser) -> Iterator[tuple[str, str]]:
    if config.has_section("options.extras_require"):
        yield from config.items("options.extras_require")


def _listed(said: str) -> Iterator[str]:
    # One per line; on a single line, semicolons part them (and then no marker can be stated).
    parts = said.splitlines() if "\n" in said else said.split(";")
    return (part.strip() for part in parts if part.strip() and not part.strip().startswith("#"))
