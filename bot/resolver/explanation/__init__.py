"""Why there is no solution, and what would make one: the parts of ``bot.resolver.explanation.explain``."""
