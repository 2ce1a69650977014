"""A forge in memory: the twin of GitHub for tests and trials. Keeps to the same promises (one contract suite)."""

from bot.forge.memory.app import MemoryForgeApp
from bot.forge.memory.forge import MemoryForge
from bot.forge.memory.git import MemoryCommit, MemoryFile

__all__ = ["MemoryCommit", "MemoryFile", "MemoryForge", "MemoryForgeApp"]
