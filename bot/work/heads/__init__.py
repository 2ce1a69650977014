"""Heads of anybody's pull requests: whether they are right, and what makes them so."""
