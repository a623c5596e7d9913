"""Runs: rows of a comparison trained, kept, resumed and reported."""
