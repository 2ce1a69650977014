from __future__ import annotations

from tests.github.held import requests_are_described

__all__ = ["requests_are_described"]
