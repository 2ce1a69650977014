"""GitHub and GitHub Enterprise Server as a forge.

``webhook`` takes deliveries in and gives events; it is all that the web process loads. ``app`` and ``repository`` are the
ports of ``bot.ports.forge``, over ``client`` (requests, githubkit) and ``payloads`` (what is read of the answers).
"""
