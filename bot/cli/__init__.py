"""The command line: one module for each command, and what ``lockbot lock`` needs to start in a moment.

Arguments and the environment come in; exit codes, tables and JSON go out. ``locking`` and ``relock`` are the two halves
of ``lock`` (the second is loaded only when the lock is not right), ``lazy_index`` is its index.
"""
