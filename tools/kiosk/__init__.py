"""`make kiosk`: a whole kiosk on this machine, against a box office of its own with the demo."""
