"""The stacks, split by how long their resources live: a new release changes the services alone."""
