"""From the solutions of all forks to the text of one lock (docs/resolver.md, 4.8 and 6).

In come the request, a ``Resolution`` and the lock that is there; out comes the ``Lock`` and its text. ``lock`` merges the
forks (``graph``, ``conflicts``, ``edges``, ``wheels``) into a ``Lock``; ``written`` decides whether it differs in
meaning (``compare``, 7.4) and in which revision and style it is written (``style``).
"""
