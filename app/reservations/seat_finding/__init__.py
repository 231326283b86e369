"""Searches for seats: pure functions of a seat plan and of the seats that are taken.

They import event-service for its types alone.
"""
