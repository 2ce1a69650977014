"""Forges: GitHub, an in-memory twin, a dry run."""
