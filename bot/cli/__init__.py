"""The command line: one module for each command, and what ``lockbot lock`` needs to start in a moment.

Arguments and the environment come in; exit codes, tables and JSON go out. ``locking`` and ``relock`` are the two halves
of ``lock`` (the second is loaded only when the lock is not right), ``lock_options`` is the table of its options.
``local`` is what the commands on a local repository look at and how they speak,
``indexes`` the index that all of them have.
"""
