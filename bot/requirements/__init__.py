"""Requirements files (``requirements.in``, ``requirements.txt``, constraints) read as uv reads them, with places."""
