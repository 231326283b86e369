"""What every service stands on: settings, database, messages, money, language, security."""
