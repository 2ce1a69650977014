"""How results look on a terminal and in a pipe: rows, versions that move, what is held back, the plan of a run."""
