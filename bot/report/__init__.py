"""All wording: what people read is written here, and nowhere else.

Comes in: what moved, what was held back, what went wrong, as values. Goes out: titles, bodies, commit messages, answers,
check runs, tables of the terminal, JSON. Nothing here decides anything.
"""
