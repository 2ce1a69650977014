"""What is to be done: ``inbox`` is in front of the queue, ``envelope`` is what lies on it."""
