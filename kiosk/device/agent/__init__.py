"""The print agent: HTTP on 127.0.0.1 for the page of the kiosk, and the heartbeat to the server."""
