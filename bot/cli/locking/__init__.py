"""``lockbot lock`` and its hook, which start in a moment: what is loaded only when a lock is not right is ``relock``."""
