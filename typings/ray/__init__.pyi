"""Ray: only the extra `ray` of gain-serving brings it."""
