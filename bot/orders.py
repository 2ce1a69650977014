"""What people order lockbot to do: lines of comments, and boxes that they tick. Pure.

A comment is read as GitHub shows it ("GitHub Flavored Markdown Spec"): what stands in a quote, in a code block or in an
HTML block or comment is no order. Which words are commands, and who may give them, is for ``bot.work.commands`` to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

#: So many lines of one comment are looked at as orders.
MOST = 20
#: Longer lines are prose, or worse.
_LONGEST = 300

_BLOCK_TAGS = """
address article aside base basefont blockquote body caption center col colgroup dd details dialog dir div dl dt fieldset
figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 head header hr html iframe legend li link main menu menuitem
nav noframes ol optgroup option p param search section summary table tbody td tfoot th thead title tr track ul
"""

_LINE_END = re.compile(r"\r\n|\r|\n")
_ORDER = re.compile(r"(?:/lockbot|@([A-Za-z0-9][A-Za-z0-9-]{0,99})(?:\[bot\])?)(?:[ \t]+(\S+)(?:[ \t]+(.*))?)?[ \t]*")
_FENCE = re.compile(r" {0,3}(?:(`{3,})[^`]*|(~{3,}).*)")
_QUOTE = re.compile(r" {0,3}>")
#: What ends a quote's paragraph beside an empty line.
_BLOCK = re.compile(r" {0,3}(?:#{1,6}(?:[ \t]|$)|[-+*](?:[ \t]|$)|1[.)](?:[ \t]|$)|(?:[-*_][ \t]*){3,}$)")
#: How blocks of HTML begin, and what ends each; a block of code ends as its fence says.
_EMPTY = re.compile(r"^[ \t]*$")
_HTML = (
    (
        re.compile(r" {0,3}<(?:pre|script|style|textarea)(?=[\s>]|$)", re.I),
        re.compile(r"</(?:pre|script|style|textarea)>", re.I),
    ),
    (re.compile(r" {0,3}<!--"), re.compile(r"-->")),
    (re.compile(r" {0,3}<\?"), re.compile(r"\?>")),
    (re.compile(r" {0,3}<!\[CDATA\["), re.compile(r"\]\]>")),
    (re.compile(r" {0,3}<![A-Za-z]"), re.compile(r">")),
    (re.compile(rf" {{0,3}}</?(?:{'|'.join(_BLOCK_TAGS.split())})(?=[\s>]|/>|$)", re.I), _EMPTY),
    (re.compile(r" {0,3}</?[A-Za-z][A-Za-z0-9-]*(?:\s[^<>]*)?/?>[ \t]*$"), _EMPTY),
)
#: A comment that begins inside of a line ends with it or with the paragraph.
_COMMENT = re.compile(r"<!--(?!.*-->)")
_COMMENT_END = re.compile(r"-->|^[ \t]*$")
_BOX = re.compile(r"\s*[-*+] \[([ xX])\] <!-- lockbot-box: ([a-z-]+)(?: ([^\s]{1,255}))? -->")
_MARK = re.compile(r"(\s*[-*+] )\[[xX]\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """``word`` in small letters, ``argument`` with single blanks as it was written. ``handle``: the account that is
    addressed by ``@``, empty for ``/lockbot``: whether that is lockbot's is not known here."""

    word: str
    argument: str = ""
    handle: str = ""


def find_orders(text: str) -> tuple[Order, ...]:
    """The orders of a comment from top to bottom, each once. One without a word is there too: its word is empty."""
    found = (_parse_order(line) for line in _shown_lines(text))
    return tuple(dict.fromkeys(one for one in found if one is not None))[:MOST]


def find_new_orders(before: str, after: str) -> tuple[Order, ...]:
    """Those that an edit added to a comment."""
    known = frozenset(find_orders(before))
    return tuple(one for one in find_orders(after) if one not in known)


def _parse_order(line: str) -> Order | None:
    match = _ORDER.fullmatch(line) if len(line) <= _LONGEST else None
    if match is None:
        return None
    handle, word, argument = (part or "" for part in match.groups())
    return Order(word=word.lower().rstrip(".,;:!?"), argument=" ".join(argument.split()), handle=handle.lower())


# --- boxes ----------------------------------------------------------------------------------------


def render_box(text: str, word: str, argument: str = "") -> str:
    """The line of a box that gives an order when it is ticked. ``argument`` is one word; ``text`` is Markdown."""
    return f"- [ ] {_mark_of(word, argument)} {text}"


def tick_boxes(body: str, orders: Sequence[Order]) -> str:
    """The text with the boxes of these ticked, where it has them."""
    for one in orders:
        mark = _mark_of(one.word, one.argument)
        body = body.replace(f"- [ ] {mark}", f"- [x] {mark}")
    return body


def _mark_of(word: str, argument: str) -> str:
    return f"<!-- lockbot-box: {f'{word} {argument}' if argument else word} -->"


def find_ticked(body: str) -> tuple[Order, ...]:
    """The boxes of a text that bear a tick."""
    found = (match for line in _LINE_END.split(body) if (match := _BOX.match(line)))
    return tuple(dict.fromkeys(_order_of(match) for match in found if match[1] != " "))


def find_newly_ticked(before: str, after: str) -> tuple[Order, ...]:
    known = frozenset(find_ticked(before))
    return tuple(one for one in find_ticked(after) if one not in known)[:MOST]


def clear_boxes(body: str, orders: Sequence[Order]) -> str:
    """The text without the ticks of these; every other character is kept."""
    lines = re.split(r"(\r\n|\r|\n)", body)
    return "".join(_cleared(line, orders) for line in lines)


def _cleared(line: str, orders: Sequence[Order]) -> str:
    match = _BOX.match(line)
    return line if match is None or _order_of(match) not in orders else _MARK.sub(r"\1[ ]", line, count=1)


def _order_of(match: re.Match[str]) -> Order:
    return Order(word=match[2], argument=match[3] or "")


# --- Markdown -------------------------------------------------------------------------------------


def _shown_lines(text: str) -> Iterator[str]:
    """The lines that are shown as text of the comment itself."""
    ending: re.Pattern[str] | None = None
    quoted = False
    for line in _LINE_END.split(text):
        if ending is not None:
            # The line that ends a block is part of it.
            ending = None if ending.search(line) else ending
            continue
        quoted = _is_quoted(line, goes_on=quoted)
        ending, is_block = _find_block(line)
        if not quoted and not is_block:
            yield line


def _is_quoted(line: str, *, goes_on: bool) -> bool:
    """The paragraph of a quote goes on in lines without ``>``, up to an empty one or another block."""
    if _QUOTE.match(line):
        return bool(line.strip("> \t"))
    return goes_on and bool(line.strip()) and not _BLOCK.match(line) and not _FENCE.fullmatch(line)


def _find_block(line: str) -> tuple[re.Pattern[str] | None, bool]:
    """What ends the block that begins with this line, None where the line itself does; and whether one begins."""
    fence = _FENCE.fullmatch(line)
    if fence is not None:
        run = fence[1] or fence[2]
        return re.compile(rf"^ {{0,3}}{run}{run[0]}*[ \t]*$"), True
    for start, end in _HTML:
        match = start.match(line)
        if match is not None:
            return (None if end.search(line, match.end()) else end), True
    return (_COMMENT_END if _COMMENT.search(line) else None), False
