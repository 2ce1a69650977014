"""Requirements as text: adding a condition without touching what else the author wrote."""

from __future__ import annotations


def with_marker(requirement: str, condition: str) -> str:
    """The requirement (PEP 508), in force only where ``condition`` holds as well."""
    # In a requirement that names a URL the marker begins after a blank; a semicolon alone belongs to the URL.
    separator = " ;" if "@" in requirement.partition(";")[0] else ";"
    head, _separator, marker = requirement.partition(separator)
    both = f"({marker.strip()}) and ({condition})" if marker.strip() else condition
    return f"{head.rstrip()} ; {both}"
