"""The browser of the kiosk: its policy file, its flags, and the watchdog that starts it again."""
