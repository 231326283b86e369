"""Parts of the stack `identity`."""
