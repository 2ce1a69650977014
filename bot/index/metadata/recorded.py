"""What an earlier build left in an sdist, for sdists whose metadata is not static.

Not what uv would do (it would build), but close to it: ``*.egg-info`` holds what setuptools wrote when the sdist was
made, and a declarative ``setup.cfg`` what it would read. Nothing is executed; a ``setup.py`` is only searched for
signs that it states requirements itself.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.index.metadata.metadata import (
    Headers,
    build_core_metadata,
    normalized_extras,
    repaired_requirements,
    repaired_specifier,
)
from bot.index.metadata.requirement_text import with_marker
from bot.index.pages.filenames import normalize_name
from bot.manifest.setup_cfg import SetupCfg, parse_setup_cfg
from bot.patterns import pattern
from bot.resolver.model.index import CoreMetadata, MetadataUnavailable
from bot.resolver.model.versions import PyVersion
from bot.values import replace

_EGG_INFO = pattern(r"(?:[^/]+/)?[^/]+\.egg-info/(?:PKG-INFO|requires\.txt)")
_SECTION = pattern(r"\[([^\]]*)\]")
_STATES_REQUIREMENTS = pattern(rb"install_requires|extras_require|python_requires|parse_requirements")


def is_recorded_member(path: str) -> bool:
    """Whether recorded metadata is read from this member."""
    return path in ("setup.cfg", "setup.py") or _EGG_INFO.fullmatch(path) is not None


def read_recorded_metadata(
    members: Mapping[str, bytes], name: str, version: PyVersion | None, where: str
) -> CoreMetadata | None:
    """Metadata from ``*.egg-info``, else from ``setup.cfg``; ``None`` where neither can be relied on."""
    try:
        return _from_egg_info(members, name, where) or _from_setup_cfg(members, name, version, where)
    except MetadataUnavailable:
        return None


def _from_egg_info(members: Mapping[str, bytes], name: str, where: str) -> CoreMetadata | None:
    for path, content in sorted(members.items(), key=lambda item: (item[0].count("/"), item[0])):
        if not path.endswith(".egg-info/PKG-INFO"):
            continue
        metadata = build_core_metadata(Headers(content), where)
        if metadata.name != name:
            continue
        # setuptools writes no requires.txt where nothing is required.
        listed = members.get(path.removesuffix("PKG-INFO") + "requires.txt", b"")
        requirements, extras = parse_requires_txt(listed.decode("utf-8", "replace"))
        return replace(
            metadata,
            requires_dist=repaired_requirements(requirements, where),
            provides_extras=tuple(dict.fromkeys((*metadata.provides_extras, *normalized_extras(extras)))),
            recorded="egg-info",
        )
    return None


def parse_requires_txt(text: str) -> tuple[list[str], list[str]]:
    """Requirements and extras of a ``requires.txt``; section heads are ``[extra]``, ``[:marker]`` or ``[extra:marker]``."""
    requirements: list[str] = []
    extras: list[str] = []
    extra, marker = "", ""
    for raw in text.splitlines():
        line = raw.strip()
        if head := _SECTION.fullmatch(line):
            extra, _colon, marker = (part.strip() for part in head[1].partition(":"))
            if extra:
                extras.append(extra)
        elif line and not line.startswith("#"):
            requirements.append(_conditional(line, extra, marker))
    return requirements, extras


def _conditional(requirement: str, extra: str, marker: str) -> str:
    text = with_marker(requirement, marker) if marker else requirement
    return with_marker(text, f"extra == '{normalize_name(extra) or extra}'") if extra else text


def _from_setup_cfg(
    members: Mapping[str, bytes], name: str, version: PyVersion | None, where: str
) -> CoreMetadata | None:
    if "setup.cfg" not in members or _STATES_REQUIREMENTS.search(members.get("setup.py", b"")):
        return None
    config = _decoded(members["setup.cfg"])
    if config is None or not config.has_options or config.name != name or version is None or config.reads_files:
        return None
    requirements = [
        *config.requires,
        *(_conditional(text, extra, "") for extra, texts in config.extras.items() for text in texts),
    ]
    return CoreMetadata(
        name=name,
        version=version.text,
        requires_dist=repaired_requirements(requirements, where),
        requires_python=repaired_specifier(config.requires_python, where) if config.requires_python else None,
        provides_extras=normalized_extras(list(config.extras)),
        recorded="setup.cfg",
    )


def _decoded(content: bytes) -> SetupCfg | None:
    try:
        return parse_setup_cfg(content.decode())
    except UnicodeError:
        return None
