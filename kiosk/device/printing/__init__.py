"""Sheets of paper: what is printed, how, and the journal that makes it once."""
