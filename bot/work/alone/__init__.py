"""Work without a queue: what a server's jobs do, one after the other in one call, and nothing kept between two of them."""
