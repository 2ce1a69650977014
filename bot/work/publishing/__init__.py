"""From a proposal to a branch and its pull request, and what becomes of both."""
