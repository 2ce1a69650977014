"""Deliveries of GitHub: ``doorway`` takes them in and gives ``events``. It is all that the web process loads."""
