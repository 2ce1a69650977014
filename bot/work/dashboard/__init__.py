"""The dashboard issue: what a repository's people see of all that lockbot knows, and what lasts beside pull requests."""
