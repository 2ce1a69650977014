"""A commit of somebody's pull request: whether its locks are right, and what makes them so. Nothing of it is obeyed."""
