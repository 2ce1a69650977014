"""Markdown, and foreign text inside it.

What strangers wrote (names, paths, metadata, messages of servers) reaches pull requests, comments and check runs through
``escape`` or ``code`` alone. GitHub first reads Markdown and then makes mentions, issue references and links of the text
that is left, entities decoded: so a backslash is enough against Markdown and HTML, and against the rest only a character
of no width, which parts what would be read as one. Code spans are spared by GitHub.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from urllib.parse import urlsplit, urlunsplit

from bot.printable import printable

#: Parts words for machines, not for eyes: ZERO WIDTH SPACE.
_NOTHING = "\u200b"

#: What Markdown, HTML and GitHub's formulas give a meaning to.
_SPECIAL = re.compile(r"([\\`*_\[\]#|~<>&$!])")
#: What begins a list, a heading or a rule where it stands first on a line.
_FIRST = re.compile(r"^(\d*)([-+=.)])")
#: Between the two parts of each, ``_NOTHING`` is put.
_JOINTS = (
    re.compile(r"(@)(?=\w)"),
    re.compile(r"(#)(?=\d)"),
    re.compile(r"\b([Gg][Hh]-)(?=\d)"),
    re.compile(r"(:)(?=//)"),
    re.compile(r"\b([Ww][Ww][Ww])(?=\.)"),
    re.compile(r"(:)(?=[a-z0-9+_-]+:)"),
)
#: What may be a commit's number: hexadecimal, with letters and digits. GitHub wants seven characters of it at least.
_COMMIT = re.compile(r"\b(?=\d*[a-f])(?=[a-f]*\d)[0-9a-f]{7,}\b")
#: What does not stand in an address as Markdown, also in a table, reads it.
_UNQUOTED = re.compile(r"[^A-Za-z0-9\-._~:/?#@!&'*+,;=%]+")
_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")
_SEGMENT = re.compile(r"[A-Za-z0-9._-]{1,100}")
#: Pages of a project on a forge that a link leaves no trace on.
_QUIET = frozenset(("blob", "compare", "tree", "releases", "tags", "wiki", "raw"))
_LONGEST = 500
_TOO_SHORT = re.compile(r"[0-9a-f]{6}(?=[0-9a-f])")


def escape(text: str) -> str:
    """One line of plain text: no mark-up, tag, link, mention or reference of it comes alive."""
    return _FIRST.sub(r"\1\\\2", _SPECIAL.sub(r"\\\1", parted(text)))


def escape_lines(text: str) -> str:
    """The same line by line, with breaks that a table and a list bear; empty lines are left out."""
    return "<br>".join(escape(line) for line in text.splitlines() if line.strip())


def parted(text: str) -> str:
    """One line of text for places where no Markdown is read (titles, annotations), and mentions may be made all the same."""
    line = printable(" ".join(text.split()))
    for joint in _JOINTS:
        line = joint.sub(rf"\1{_NOTHING}", line)
    return _COMMIT.sub(lambda found: _TOO_SHORT.sub(rf"\g<0>{_NOTHING}", found[0]), line)


def code(text: str) -> str:
    """Text in a code span that it can't leave, also in a table."""
    line = printable(" ".join(text.split())).replace("|", "\\|") or " "
    fence = "`" * (max((len(run) for run in re.findall("`+", line)), default=0) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def fenced(text: str, language: str = "") -> str:
    """Lines as they are, in a block that they can't leave; GitHub makes nothing of what stands there."""
    lines = [printable(line.rstrip("\r")) for line in text.rstrip("\n").split("\n")]
    fence = "`" * max(3, max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    return "\n".join([f"{fence}{language}", *lines, fence])


def link(text: str, url: str) -> str:
    """Markdown ``text`` that leads to an address of ours, or to one that ``find_safe_link`` has passed."""
    return f"[{text}]({_UNQUOTED.sub(_quoted, url).replace('&', '&amp;')})"


def _quoted(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode(errors="replace"))


def find_safe_link(url: str, forges: Collection[str] = ("github.com",)) -> str | None:
    """An address of strangers as it may be linked to, ``None`` where it may not.

    On a forge (by host) a link to an issue or to a commit would leave a trace there: those that don't lead to a project,
    its files or its releases lead to the project.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return None
    if parts.scheme not in ("https", "http") or not _HOST.fullmatch(host) or "@" in parts.netloc or len(url) > _LONGEST:
        return None
    plain = host.removeprefix("www.")
    if plain in forges:
        root = f"{'https' if port is None else parts.scheme}://{plain}{'' if port is None else f':{port}'}"
        return _quiet(root, parts.path)
    return urlunsplit(parts)


def _quiet(root: str, path: str) -> str | None:
    segments = [one for one in path.split("/") if one not in ("", ".", "..")]
    if len(segments) < 2 or not all(map(_SEGMENT.fullmatch, segments[:2])):
        return None
    kept = segments if len(segments) > 2 and segments[2] in _QUIET else segments[:2]
    return "/".join([root, *kept])


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(header) + " |", "|" + " --- |" * len(header)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def details(summary: str, content: str) -> str:
    return f"<details>\n<summary>{summary}</summary>\n\n{content}\n\n</details>"
