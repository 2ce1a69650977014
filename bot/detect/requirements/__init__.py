"""The kind ``requirements``: what ``uv pip compile`` is made of and writes, and plain files of pins."""
