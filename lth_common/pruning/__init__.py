"""Which weights go: masks, what may be pruned, criteria that score it, and exact pruning."""
