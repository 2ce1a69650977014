"""Release notes: where they are looked for, what is read of them, and what can go wrong."""
