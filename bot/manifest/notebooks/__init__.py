"""Jupyter notebooks as juv has them: a code cell that holds a script's header, and a lock among the notebook's metadata.

Of the JSON only these two texts matter, and they are edited where they stand, so that every other byte stays.
"""
