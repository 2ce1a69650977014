"""Container registries over HTTP (the OCI distribution API), asked for the digest that a tag leads to."""
