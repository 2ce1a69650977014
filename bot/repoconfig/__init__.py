"""repoconfig."""
