"""user-service: accounts, sign-in, roles, and the notices that go out by mail."""
