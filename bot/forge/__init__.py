"""Forges behind the ports of ``bot.ports.forge``: GitHub, and a twin in memory for tests and trials."""
