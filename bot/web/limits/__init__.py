"""How much is done at a time for whoever asks: calls that wait, and attempts within a while."""
