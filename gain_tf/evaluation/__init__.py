"""A trained model judged: verdicts, attention, intervals."""
