"""Where a repository says which uv, and which Python, it works with: images, actions, tool files, bounds, comments.

Each kind of place is a module with ``is_kind`` and ``find``, and a row in ``bot.toolchain.kinds``. Nothing is decided here.
"""
