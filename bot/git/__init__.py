"""The git program, called so that nothing of a repository is ever executed: no hook, filter, submodule or configuration.

``checkout`` brings a commit onto this machine and ``tree`` reads its files, ``sources`` does both for git dependencies,
``commit`` writes branches of a local repository, ``folder`` is the same view of files for a folder that is no commit.
"""
