"""Data sets: loaded, checked, cut to a budget, drawn and augmented in batches."""
