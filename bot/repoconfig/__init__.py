"""``.lockbot.json``: what it can say, read strictly.

Comes in: a text. Goes out: a configuration, or every mistake with its line and the fix; and the schema for editors.
"""
