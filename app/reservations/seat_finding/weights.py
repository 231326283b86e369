"""The weights by which seats are compared. Pure.

Distances are in columns; a standard seat is one column wide.
"""

from __future__ import annotations

# The best row lies two thirds of the way from the screen to the last row.
BEST_DEPTH = 2 / 3
# In a search for the best seats, one row off the best row counts as 1.4 columns off the middle.
BEST_ROW_WEIGHT = 1.4
# In a search for replacements, one row counts as two columns: the customer has chosen the row.
REPLACEMENT_ROW_WEIGHT = 2.0


def penalty(rows: float, columns: float) -> float:
    """Return how far seats are from the best point, `rows` and `columns` away from it; squared, to compare only."""
    return (rows * BEST_ROW_WEIGHT) ** 2 + columns**2


def distance(rows: float, columns: float) -> float:
    """Return how far a replacement is from a seat that is `rows` and `columns` away."""
    return abs(rows) * REPLACEMENT_ROW_WEIGHT + abs(columns)
