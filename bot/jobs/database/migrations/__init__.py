"""The way from older forms of the tables to today's: numbered, each in a module of its own, never changed once it is out.

A new one is a module beside ``n0001_begin`` and a row in ``order``; ``tables`` says the same as they give together, which a
test compares. A process of the version before works on until it is started again, so a migration only adds.
"""
