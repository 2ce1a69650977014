"""Security updates: the smallest moves that leave no version in a lock of which a vulnerability is known."""
