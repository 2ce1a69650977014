"""Environment markers (PEP 508) as canonical decision diagrams, equal in meaning and text to those of uv 0.13.9.

``parse_marker`` reads, ``marker_text`` writes, ``Marker`` combines; equal markers are the same object.
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
