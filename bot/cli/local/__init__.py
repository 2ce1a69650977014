"""What the commands on a local repository look at (its HEAD, or its files as they are, and an index for it), and how they
speak."""
