"""Passwords of database roles, hashed before they are sent to the server."""

from __future__ import annotations

from typing import Any

from psycopg2.extensions import encrypt_password


def hashed(password: str, role: str, connection: Any) -> str:
    """The form in which the server stores the password of `role` (SCRAM-SHA-256); it contains no quotes."""
    return encrypt_password(password, role, scope=connection, algorithm="scram-sha-256")
