"""Configurations of pre-commit (and prek): repositories, revisions and hooks, with the place of what may be edited."""
