"""Code of all front ends: requests, security, language, errors, links, assets, and the settings of gunicorn."""
