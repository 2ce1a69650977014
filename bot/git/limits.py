"""Limits that all readers of trees share."""

from __future__ import annotations

#: Largest file that is read as text, in bytes.
TEXT_LIMIT = 32 * 1024 * 1024
