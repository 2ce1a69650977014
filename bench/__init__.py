"""Programs that measure lockbot; docs/performance.md holds what they found."""
