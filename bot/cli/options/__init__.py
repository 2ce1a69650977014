"""Options as click shows them and as the values that the resolver and the index take."""
