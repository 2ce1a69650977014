"""What git takes as the beginning of a branch's name: the rules of ``git check-ref-format``, with a sentence for each."""

from __future__ import annotations

_FORBIDDEN = " ~^:?*[\\"
_MOST_BYTES = 200


def find_fault(prefix: str) -> str | None:
    """Why no branch can begin with ``prefix`` (what follows it are letters, digits and hyphens); ``None`` where one can."""
    character = next((one for one in prefix if one in _FORBIDDEN or not one.isprintable()), None)
    if not prefix:
        return "it is empty"
    if character is not None:
        return f"git takes no {_spoken(character)} in a branch's name"
    if prefix.startswith("-"):
        return "a branch's name can't begin with a hyphen"
    if len(prefix.encode()) > _MOST_BYTES:
        return f"it is longer than {_MOST_BYTES} bytes"
    return _fault_of_sequences(prefix) or _fault_of_parts(prefix.split("/"))


def _spoken(character: str) -> str:
    if character == " ":
        return "blank"
    return repr(character) if character.isprintable() else f"character {character!a}"


def _fault_of_sequences(prefix: str) -> str | None:
    for sequence in ("..", "@{", "//"):
        if sequence in prefix:
            return f"git takes no {sequence!r} in a branch's name"
    return "a branch's name can't begin with a slash" if prefix.startswith("/") else None


def _fault_of_parts(parts: list[str]) -> str | None:
    """Each part between slashes; the last one goes on with the name of the group."""
    if any(part.startswith(".") for part in parts):
        return "no part of a branch's name can begin with a dot"
    if any(part.endswith(".lock") for part in parts[:-1]):
        return "no part of a branch's name can end with .lock"
    return None
