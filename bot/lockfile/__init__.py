"""lockfile."""
