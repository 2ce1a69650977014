"""From what could move to proposals: how far packages go together and over majors, their locks, and what is held back.

Truth is always the solver's answer; the specifiers that are written follow from it.
"""
