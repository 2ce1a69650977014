"""Manifests as texts: ``pyproject.toml``, ``uv.toml`` and the headers of scripts.

A text comes in; out go values that know where each of them stands (``pyproject``, ``script``, ``uvtoml``), the
requirements at their places (``declarations``), the specifier that a requirement gets for a new version (``ranges``), and
the text again with specifiers replaced and every other byte kept (``edit``). No file is read here.
"""
