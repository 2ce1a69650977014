"""The composition root: settings -> real edges -> wiring. The only package that sees all adapters.

Tests enter here with edges of their own. The web process never loads the resolver: ``solving`` is for workers.
"""
