"""The search for a version of everything, in every environment (docs/resolver.md, 4).

In come a ``LockRequest``, the offers and what survives of the lock that is there (7.5). Out comes a ``Resolution``: a
solution for each fork, in order of completion; or ``Contradiction`` with its proof, or ``GaveUpError``.

``solve`` puts one run together. It tries ``closure`` first, a solution without a search (4.9), then ``universal``, which
drives one PubGrub search for each fork (``bot.pubgrub``). ``provider`` answers what the searches ask, from
``knowledge``, which asks the indexes for pages and metadata. ``shared`` is the memory that runs of one thread share.
"""
