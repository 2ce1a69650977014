"""Requirements files to pinned ones, byte for byte as ``uv pip compile`` writes them: arguments, request, graph, text."""
