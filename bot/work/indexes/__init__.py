"""Indexes watched between runs: when a page is looked at next, and what a change of it is worth. Pure."""
