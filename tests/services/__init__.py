"""Private indexes of companies: a stand-in for each service with its quirks, and what lockbot makes of it."""
