"""The index as the command line has it: the user's machine and credentials, and an HTTP stack only when it is wanted."""
