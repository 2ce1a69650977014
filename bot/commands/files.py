"""The files in which commands are looked for, and all that is found in one."""

from __future__ import annotations

from bot.commands.dockerfile import find_dockerfile_commands, is_dockerfile
from bot.commands.hooks import find_hook_commands
from bot.commands.model import UvCommand
from bot.commands.workflow import find_workflow_commands, is_action, is_workflow
from bot.errors import InputError
from bot.precommit.config import is_hook_config, parse_hook_config


def has_commands(path: str) -> bool:
    """Whether a file may run uv, by its path alone."""
    return is_hook_config(path) or is_dockerfile(path) or is_workflow(path) or is_action(path)


def find_commands(text: str, path: str) -> tuple[UvCommand, ...]:
    """The calls of uv in a file in the order of its lines; none where it can't be read."""
    try:
        if is_hook_config(path):
            return tuple(find_hook_commands(parse_hook_config(text, path)))
        if is_dockerfile(path):
            return tuple(find_dockerfile_commands(text, path))
        return tuple(find_workflow_commands(text, path)) if is_workflow(path) or is_action(path) else ()
    except InputError:
        return ()
