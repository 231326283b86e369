"""What every service uses: settings, database, messages, worker, caches, money, languages."""
