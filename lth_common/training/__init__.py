"""One masked training: parameters in one vector, the loop over batches, and what a kill may cost."""
