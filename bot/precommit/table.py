"""Which package the revisions of a repository of hooks are versions of: ``config/hooks.json``."""

from __future__ import annotations

import json

from bot.patterns import pattern
from bot.ports.surroundings import HookPackage, HookPackages

_TAG = pattern(r"[!-z|~]{0,60}\{\}[!-z|~]{0,60}")


class MalformedTableError(ValueError):
    """The table is not in its form; the message names the entry."""


def is_tag_form(text: str) -> bool:
    """Whether a text can be the form of tags: ``{}`` once, among letters that a tag may have."""
    return _TAG.fullmatch(text) is not None


def parse_hook_packages(text: str) -> HookPackages:
    """The table of the file's text; raises ``MalformedTableError``."""
    try:
        document = json.loads(text)
        return {
            address: HookPackage(package=row["package"], tag=_checked(row["tag"])) for address, row in document.items()
        }
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise MalformedTableError(f"config/hooks.json: {error}") from None


def _checked(tag: str) -> str:
    if not is_tag_form(tag):
        raise ValueError(f"{tag!r} is no form of tags")
    return tag
