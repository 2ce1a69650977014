"""Work without a queue."""
