"""Installing the machine: the files, users, packages and units of a kiosk. It needs the standard library alone."""
