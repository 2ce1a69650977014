"""Tests of ``bot.precommit``."""
