"""Why there is no lock, in sentences, and which small change would give one (docs/resolver.md, 8).

In comes the ``Contradiction`` of a search with its proof; out comes the text of ``NoSolutionError``: ``facts`` takes the
leaves of the proof, ``story`` tells them in order, ``places`` finds their lines in the manifests, ``hints`` and
``unblock`` say what would help. ``late`` is the door: it loads the rest when there is something to explain.
"""
