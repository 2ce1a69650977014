"""From the solutions of all forks to one lock (spec 4.8 and 6): the parts of ``bot.resolver.assembly.lock``."""
