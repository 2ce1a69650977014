"""By what right an index is read: secrets, where they come from, how long they last, and for which repositories they are."""
