"""Infrastructure of all services: settings, database, messages, worker, caches, money, languages."""
