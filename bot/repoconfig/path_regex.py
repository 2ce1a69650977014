"""Regular expressions over paths as Renovate's ``fileMatch`` has them, as far as they are simple: matched in linear time.

A stranger's expression is never given to ``re``. What these patterns are made of in practice (anchors, ``(^|/)``, texts,
``.*``, ``[^/]+``, a choice of texts) is translated; of anything else nobody knows what it matches.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.globs import ANY, NO_SLASH, Characters, Choice, Element, Folders, Glob, Run, literal

_LONGEST = 1_000
_TOKEN = re.compile(
    r"(?P<folders>^\((?:\?:)?\^\|/\))|(?P<start>^\^)|(?P<end>\$$)"
    r"|\((?:\?:)?(?P<choice>[\w/-]+(?:\|[\w/-]+)+)\)(?![*+?{])"
    r"|(?P<set>\[\^/\]|\\w|\\d|\.)(?P<count>[*+]\??)?(?![*+?{])"
    r"|\\(?P<escaped>[^\w\s])(?![*+?{])|(?P<text>[\w/ -])(?![*+?{])"
)
_SETS = {
    "[^/]": NO_SLASH,
    ".": ANY,
    "\\w": Characters((("a", "z"), ("A", "Z"), ("0", "9"), ("_", "_"))),
    "\\d": Characters((("0", "9"),)),
}


def read_path_regex(text: str) -> Glob | None:
    """The expression as a pattern over whole paths; ``None`` where it has more in it than is known here."""
    if len(text) > _LONGEST:
        return None
    tokens, position = [], 0
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None:
            return None
        tokens.append(token)
        position = token.end()
    is_open = not tokens or not (tokens[0]["folders"] or tokens[0]["start"])
    is_endless = not tokens or not tokens[-1]["end"]
    elements = [element for token in tokens for element in _elements(token)]
    return Glob([*([Run(ANY)] if is_open else []), *elements, *([Run(ANY)] if is_endless else [])])


def _elements(token: re.Match[str]) -> Iterator[Element]:
    if token["folders"]:
        yield Folders()
    elif token["choice"]:
        yield Choice(tuple(token["choice"].split("|")))
    elif token["set"]:
        characters = _SETS[token["set"]]
        if not (token["count"] or "").startswith("*"):
            yield characters
        if token["count"]:
            yield Run(characters)
    else:
        yield from literal(token["escaped"] or token["text"] or "")
