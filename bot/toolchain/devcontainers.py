"""``devcontainer.json``: the image, the features that install uv or Python, the variables of a build."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from bot.formats.yaml import Mapping, Node, Scalar, parse_yaml
from bot.patterns import pattern
from bot.toolchain.installs import find_value
from bot.toolchain.model import Place, Source, Tool
from bot.toolchain.yaml_files import find_in, traced_of

_FOLDER = pattern(r"(?:.+/)?\.devcontainer/(?:[^/]+/)?devcontainer\.json")
_FEATURE = pattern(r"(?:[\w.-]+/)+(?P<tool>uv|python)(?::[\w.-]+)?(?:@sha256:[0-9a-f]+)?")
#: Comments, texts, and the tabs that JSON may be indented with and YAML not.
_PIECE = pattern(r'"(?:\\.|[^"\\\n])*"|//[^\n]*|/\*.*?\*/|\t', re.DOTALL)


def is_kind(path: str) -> bool:
    if not path.endswith("devcontainer.json"):
        return False
    return posixpath.basename(path) == ".devcontainer.json" or _FOLDER.fullmatch(path) is not None


def find(source: Source) -> Iterator[Place]:
    # JSON is YAML but for its comments: without them every text stands where it stood.
    for document in parse_yaml(_PIECE.sub(_blanked, source.text), source.path):
        yield from find_in(source, document)
        yield from _features(source, document)


def _blanked(found: re.Match[str]) -> str:
    piece = found.group()
    return piece if piece.startswith('"') else re.sub(r"[^\r\n]", " ", piece)


def _features(source: Source, document: Node) -> Iterator[Place]:
    features = document.get("features") if isinstance(document, Mapping) else None
    for name, options in features.entries if isinstance(features, Mapping) else ():
        found = _FEATURE.fullmatch(name.text)
        version = options.get("version") if isinstance(options, Mapping) else options
        if found is not None and isinstance(version, Scalar):
            label = f"{name.text} version: "
            yield from find_value(source, label, traced_of(source, version), Tool(found["tool"]))
