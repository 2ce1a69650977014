"""Metadata of wheels and source distributions without building anything (docs/resolver.md, 3.5).

In come bytes of a metadata file or an archive, which is never unpacked to disk; out comes ``CoreMetadata``, or what only
a build could tell (``NotStatic``). Nothing here is executed.
"""
