"""Signing in with the forge: the way there and back, sessions, and what a person may see.

Comes in: requests with a cookie. Goes out: a ``Session``, or None for who is not signed in. No forge is known here; it is
asked through ``ports.people``.
"""
