"""Tests of ``bot.markers``."""
