"""pubgrub."""
