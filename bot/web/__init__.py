"""The HTTP server: webhooks, health, metrics, status.

Comes in: requests, and a ``doorway`` of the forge that tells what a webhook says. Goes out: jobs to a queue, and an
answer at once. No forge is known here.
"""
