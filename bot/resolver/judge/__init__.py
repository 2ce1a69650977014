"""Whether the lock that is there is still right, and if not, what of it can be kept (docs/resolver.md, 7.2).

In come the request and the lock; out comes a ``Judgement`` with its reason: ``Satisfied``, or that versions and forks,
versions alone, or nothing can be kept. No index is asked. ``lockbot lock --check`` loads this room and not the solver.
"""
