"""A stateful stand-in for GitHub Enterprise Server, on real sockets: REST, a little GraphQL, git over HTTP, webhooks.

Written from GitHub's published API description. It checks what it is sent as the real thing does: credentials and
their life, permissions, required fields, invariants of pull requests and refs; an unknown route is a 404.
``Hub`` is the whole of it; tests change the world through its methods and read it back through its state.
"""

from tests.github.hub import Hub

__all__ = ["Hub"]
