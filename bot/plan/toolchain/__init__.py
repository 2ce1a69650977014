"""The versions of uv, and of Python, that a repository names in many places: moved together, in one proposal."""
