"""What stands in pull requests: branch, title, commit message, body."""
