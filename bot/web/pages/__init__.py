"""Pages for people: what this server is, and for who signs in, what it does with their repositories.

Comes in: requests. Goes out: pages that work without scripts. No forge is known here.
"""
