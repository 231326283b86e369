"""The pictures of the architecture, drawn by code: `make pictures`."""
