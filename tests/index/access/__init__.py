"""Tests of ``bot.index.access``."""
