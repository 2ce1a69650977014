"""What crosses the edge of a run: protocols that adapters implement, and the plain values that they exchange.

``forge`` is where repositories, branches and pull requests live, ``run`` is one pass over one repository (a request goes
in, a report comes out), ``steps`` is what a durable worker gives it: memory and a clock. No I/O, no wording.
"""
