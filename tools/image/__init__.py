"""`make image-test`: builds the container image without a container engine, runs it, and buys a ticket from it."""
