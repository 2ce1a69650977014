"""From the solutions of all forks to one lock, and whether that lock says anything new (spec 4.8, 6 and 7.4)."""

from bot.resolver.assembly.compare import same_lock
from bot.resolver.assembly.lock import assemble_lock

__all__ = ["assemble_lock", "same_lock"]
