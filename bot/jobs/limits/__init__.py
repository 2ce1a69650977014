"""What a job may take of its worker, and what becomes of one that took more."""
