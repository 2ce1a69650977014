"""Commands in comments: one table, one function for each."""
