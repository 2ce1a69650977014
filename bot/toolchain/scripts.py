"""Shell scripts, Makefiles and justfiles with their commands; comments of Python scripts that name a container."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from bot.patterns import pattern
from bot.toolchain.images import find_images
from bot.toolchain.installs import find_installs
from bot.toolchain.model import Place, Source
from bot.toolchain.traced import expand, trace

_NAMES = frozenset({"Makefile", "makefile", "GNUmakefile", "justfile", "Justfile", ".justfile", "Vagrantfile"})
_SUFFIXES = (".sh", ".bash", ".zsh", ".ps1", ".mk", ".just")
_ASSIGNED = pattern(r"^[ \t]*(?:export[ \t]+)?(?P<name>\w+)[ \t]*[:?]?=[ \t]*[\"']?(?P<value>[^\s\"'#]+)", 8)
#: ``# COILED container IMAGE``, which Coiled reads of a script that it runs.
_COILED = pattern(r"^#[ \t]*COILED[ \t]+container[ \t]+(?P<image>\S+)", 8)


def is_kind(path: str) -> bool:
    name = posixpath.basename(path)
    return name in _NAMES or name.endswith((*_SUFFIXES, ".py"))


def find(source: Source) -> Iterator[Place]:
    if source.path.endswith(".py"):
        for found in _COILED.finditer(source.text):
            yield from find_images(source, trace(found["image"], found.start("image")))
        return
    values = {found["name"]: trace(found["value"], found.start("value")) for found in _ASSIGNED.finditer(source.text)}
    whole = expand(trace(source.text, 0), lambda name: values.get(name))
    yield from find_images(source, whole)
    yield from find_installs(source, whole)
