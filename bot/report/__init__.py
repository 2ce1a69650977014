"""All wording of a run: titles, pull requests, commit messages, the terminal, JSON."""
