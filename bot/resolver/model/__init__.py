"""The values that all rooms of the resolver speak of, and the port to the indexes; it imports from none of them.

Versions and specifiers as the solver compares them (docs/resolver.md, 4.1), Python ranges and environments (2.7, 4.6),
the request (2), what a solve gives (4.8), limits on its effort (4). ``index`` is the port: what the resolver may ask
of the world, which ``bot.index`` answers.
"""
