"""A lock in another format, byte for byte as ``uv export`` of uv 0.13.9 writes it. Pure: locks and words in, text out.

``arguments`` reads the command's words, ``target`` says where to begin (``project``: what manifests say of that),
``graph`` walks the lock from there, ``reachability`` finds where each package is needed, ``packages`` makes the list of
them that all formats share, and ``document`` is the front door. What ``uv export`` locks before it exports is the caller's
to do.
"""
