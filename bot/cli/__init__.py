"""The command line: arguments and the environment come in; exit codes, tables and JSON go out.

``group`` is the table of the commands, each a module of ``commands``. ``locking`` is what ``lockbot lock`` needs to start in a
moment. Options that uv has too are tables of ``bot.command_line``; ``options`` makes commands and values of them. ``local`` is
what the commands on a local repository look at and how they speak, ``publish`` what those do that write to GitHub, ``indexes``
the index that all of them have.
"""
