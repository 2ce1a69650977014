"""Environment markers (PEP 508) as canonical decision diagrams, equal in meaning and text to those of uv 0.13.9.

In comes the text of a marker (``parse_marker``), out comes a ``Marker`` that can be combined and compared, and its text
again (``marker_text``). Equal markers are the same object. docs/resolver.md, 5.
"""

from bot.markers.algebra import (
    FALSE,
    TRUE,
    Marker,
    all_of,
    any_of,
    asks_for_python,
    extra_marker,
    marker_text,
    python_version_marker,
    requires_python_of,
    sort_key,
)
from bot.markers.grammar import MarkerSyntaxError
from bot.markers.lowering import parse_marker, string_marker
from bot.markers.pythons import UNBOUNDED, Bound

__all__ = [
    "FALSE",
    "TRUE",
    "UNBOUNDED",
    "Bound",
    "Marker",
    "MarkerSyntaxError",
    "all_of",
    "any_of",
    "asks_for_python",
    "extra_marker",
    "marker_text",
    "parse_marker",
    "python_version_marker",
    "requires_python_of",
    "sort_key",
    "string_marker",
]
