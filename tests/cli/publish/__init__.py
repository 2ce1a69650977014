"""Publishing from the command line."""
