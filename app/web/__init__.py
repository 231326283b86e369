"""What all front ends share: requests, security, language, errors, links, assets, and the server's settings."""
