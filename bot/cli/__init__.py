"""The command line: one module for each command, and what ``lockbot lock`` needs to start in a moment.

Arguments and the environment come in; exit codes, tables and JSON go out. ``locking`` and ``relock`` are the two halves
of ``lock`` (the second is loaded only when the lock is not right). Options that uv has too are tables of
``bot.command_line``; ``tabled`` makes commands of them. ``local`` is what the commands on a local repository look at and how
they speak, ``indexes`` the index that all of them have.
"""
