"""Bodies of pull requests: what a reviewer reads, and what cannot come alive in it."""
