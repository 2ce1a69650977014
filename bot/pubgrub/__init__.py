"""The PubGrub version solver: sets of versions, terms, incompatibilities, the search and its explanation.

In come packages (any hashable values), versions (``bytes`` keys) and, step by step, what they depend on; out comes a
decision for each package, or the derivation of why there is none. The resolver drives it, one search for each fork
(docs/resolver.md, 4). Independent of Python packaging; imports the standard library alone.
"""
