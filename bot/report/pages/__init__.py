"""Words of the status pages, where they are not in their templates."""
