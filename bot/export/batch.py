"""Several exports by one command: the file that ``--batch`` names, and what each of its entries asks for."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import replace

from bot.export.arguments import ExportArguments, find_format
from bot.export.selection import Extras, Groups
from bot.manifest.reader import TomlValue, read_document, read_names

_KEYS = (
    "output-file", "package", "all-packages", "extra", "no-extra", "all-extras", "group", "no-group", "only-group",
    "all-groups", "no-default-groups",
)  # fmt: skip
#: What does not go together in one entry: the one, and those that it excludes.
_EXCLUDES = (
    ("all-packages", ("package",)),
    ("all-extras", ("extra",)),
    ("only-group", ("extra", "all-extras")),
    ("only-group", ("group", "all-groups")),
)


def read_batch(text: str, path: str, arguments: ExportArguments) -> tuple[ExportArguments, ...]:
    """What the command asks for entry by entry; outputs lie beside the file, ``path`` is the one that the command names.

    Raises ``InputError``.
    """
    return read_document(text, path, lambda node: tuple(_entries(node.only("export"), path, arguments)))


def _entries(node: TomlValue, path: str, arguments: ExportArguments) -> Iterator[ExportArguments]:
    entries = list(node["export"].items()) if node["export"].is_present else []
    if not entries:
        raise node["export"].refuse("there is no entry", "write [[export]] and what it is to write")
    outputs: set[str] = set()
    for entry in entries:
        made = _entry(entry.only(*_KEYS), path, arguments)
        assert made.output is not None
        if made.output in outputs:
            raise entry.refuse(f"{made.output} is written twice", "give each export a file of its own")
        outputs.add(made.output)
        yield made


def _entry(entry: TomlValue, path: str, arguments: ExportArguments) -> ExportArguments:
    for one, others in _EXCLUDES:
        beside = next((other for other in others if _says(entry, one) and _says(entry, other)), None)
        if beside is not None:
            raise entry[beside].refuse(f"{one} and {beside} can't be used together", "leave one of them out")
    output = posixpath.normpath(posixpath.join(posixpath.dirname(path), entry["output-file"].text()))
    return replace(
        arguments,
        batch=None,
        output=output,
        format=find_format(arguments.said_format, output),
        packages=read_names(entry["package"]),
        whole=_says(entry, "all-packages"),
        extras=Extras(
            wanted=read_names(entry["extra"]),
            everything=_says(entry, "all-extras"),
            unwanted=read_names(entry["no-extra"]),
        ),
        groups=Groups(
            wanted=read_names(entry["group"]),
            only=read_names(entry["only-group"]),
            unwanted=read_names(entry["no-group"]),
            everything=_says(entry, "all-groups"),
            ignores_defaults=_says(entry, "no-default-groups"),
        ),
    )


def _says(entry: TomlValue, key: str) -> bool:
    """Whether a flag is set, or a list names anything."""
    said = entry[key]
    if not said.is_present:
        return False
    return bool(read_names(said)) if isinstance(said.value, list) else said.flag()
