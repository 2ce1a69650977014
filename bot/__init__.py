"""Lockbot: keeps uv projects current."""
