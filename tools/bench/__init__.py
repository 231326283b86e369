"""Measurements: `make bench` prints each figure beside its limit, in one run, with the machine named."""
