"""Configurations of Renovate and Dependabot, written as ``.lockbot.json``."""
