"""What all faces share: requests, security, language, errors, assets. The only plumbing that knows Flask."""
