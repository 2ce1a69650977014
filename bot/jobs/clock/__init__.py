"""When something is to be done without anybody saying so."""
