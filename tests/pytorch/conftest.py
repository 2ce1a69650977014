"""The real uv, as the tests of the resolver have it."""

from __future__ import annotations

from tests.resolver.conftest import uv

__all__ = ["uv"]
