"""Requirements files that hold pins: which command writes which and of what, how they are solved and written anew."""
