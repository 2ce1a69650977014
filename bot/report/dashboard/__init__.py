"""The dashboard of a repository as text."""
