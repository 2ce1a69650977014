"""Command lines of uv and of lockbot, as tables: ``options`` is what a row says, ``words`` reads by such a table as uv
reads, ``environment`` adds the variables. ``uv_options`` holds the rows that several commands have, ``experiments`` the
names of uv's experiments.

A table is used for what is typed, for what stands in the header of a generated file, and for click, which words the help.
"""
