"""Laws: what must hold for any input."""
