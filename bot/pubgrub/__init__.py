"""The PubGrub version solver: sets of versions, terms, incompatibilities, the search and its explanation.

Independent of Python packaging: packages are any hashable values, versions are ``bytes`` keys. Imports the standard
library alone.
"""
