"""Set-up's composition root: whether the server begins in it, its real edge, and the way from it into service."""
