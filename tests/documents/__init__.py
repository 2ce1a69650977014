"""The documents: the site that is made of them, and what stands in them, which is run."""
