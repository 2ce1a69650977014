"""GitHub and GitHub Enterprise Server as a forge.

``webhooks`` takes deliveries in and gives events. ``app`` and ``repository`` are the
ports of ``bot.ports.forge``, over ``client`` (requests, githubkit) and ``payloads`` (what is read of the answers).
"""
