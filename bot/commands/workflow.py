"""The commands of GitHub's workflows and composite actions: ``run`` of each step, where ``working-directory`` says."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Final

from bot.commands.model import Origin, UvCommand, folder_of
from bot.commands.recognition import find_calls
from bot.formats.yaml import Alias, Mapping, Node, Scalar, Sequence, parse_yaml
from bot.patterns import pattern

_WORKFLOW = pattern(r"\.github/workflows/[^/]+\.ya?ml")
_ACTIONS: Final = frozenset(("action.yml", "action.yaml"))
#: Shells of another language than ours.
_OTHER_SHELLS: Final = ("python", "cmd", "node", "perl")


def is_workflow(path: str) -> bool:
    return _WORKFLOW.fullmatch(path) is not None


def is_action(path: str) -> bool:
    return posixpath.basename(path) in _ACTIONS


def find_workflow_commands(text: str, path: str) -> Iterator[UvCommand]:
    """The calls of uv in the steps of a workflow or a composite action; raises ``InputError``."""
    document = next(iter(parse_yaml(text, path)), None)
    if is_action(path) and not is_workflow(path):
        yield from _steps(_get(_get(document, "runs"), "steps"), path, ())
        return
    outer = _default(document)
    jobs = _followed(_get(document, "jobs"))
    for _, job in jobs.entries if isinstance(jobs, Mapping) else ():
        inner = _default(job)
        yield from _steps(_get(job, "steps"), path, inner or outer)


def _default(node: Node | None) -> tuple[str, ...]:
    folder = _get(_get(_get(node, "defaults"), "run"), "working-directory")
    return (folder.text,) if isinstance(folder, Scalar) else ()


def _steps(listed: Node | None, path: str, default: tuple[str, ...]) -> Iterator[UvCommand]:
    steps = _followed(listed)
    for step in steps.items if isinstance(steps, Sequence) else ():
        script, shell, folder = _get(step, "run"), _get(step, "shell"), _get(step, "working-directory")
        is_other = isinstance(shell, Scalar) and shell.text.startswith(_OTHER_SHELLS)
        if isinstance(script, Scalar) and not is_other:
            place = (folder.text,) if isinstance(folder, Scalar) else default
            yield from _commands(script, path, place)


def _commands(script: Scalar, path: str, place: tuple[str, ...]) -> Iterator[UvCommand]:
    is_block = script.inner is None and "\n" in script.text
    for call in find_calls(script.text):
        output = call.command.output
        yield UvCommand(
            words=tuple(word.text for word in call.words),
            path=path,
            line=script.line + (call.command.words[0].line if is_block else 0),
            origin=Origin.WORKFLOW,
            folders=_folders(place, call.folder),
            is_known=all(word.is_known for word in call.words) and (output is None or output.is_known),
            output=None if output is None else output.text,
            environment=tuple(name for name in call.command.environment if name.startswith("UV_")),
        )


def _folders(place: tuple[str, ...], moved: tuple[str, ...] | None) -> tuple[str, ...]:
    if moved is None or any("${{" in part for part in place):
        return ()
    found = folder_of(".", (*place, *moved))
    return () if found is None else (found,)


def _followed(node: Node | None) -> Node | None:
    return node.target if isinstance(node, Alias) else node


def _get(node: Node | None, key: str) -> Node | None:
    node = _followed(node)
    return node.get(key) if isinstance(node, Mapping) else None
