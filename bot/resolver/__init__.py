"""From what a repository asks for to its ``uv.lock``: the whole of docs/resolver.md (chapter 1 is the map).

In comes a ``LockTask``: a ``LockRequest`` (made by ``lowering`` from manifests), the port to the indexes and the lock
that is there. Out comes ``Locked``, or an error that says why there is no lock. ``bot.resolver.lock`` is the front door;
behind it each chapter has a room:

``model`` what all rooms speak of, ``lowering`` manifests to a request (2), ``offers`` what indexes and sources have (3),
``search`` one solution for each fork (4), ``assembly`` the solutions as one lock (4.8, 6), ``judge`` whether the lock that
is there will do (7), ``explanation`` why there is none (8).

No room reads files, the network or the clock: these come through ``model.index`` and as arguments.
"""
