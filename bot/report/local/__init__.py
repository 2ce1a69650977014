"""The screens of the commands that work on files as they are: ``outdated``, ``why`` and ``upgrade``."""
