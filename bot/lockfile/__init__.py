"""``uv.lock`` as a value: read, written byte for byte as uv does, and compared (docs/resolver.md, 6 and 7.1).

In comes the text of a lock file; out comes a ``Lock`` (``reader``, ``model``), its text again (``writer``), or what
changed between two (``diff``). How a lock comes about is the resolver's matter.
"""
