"""What planning puts around an index: nothing of this machine is reached, and the lock's word stands in for what isn't."""
