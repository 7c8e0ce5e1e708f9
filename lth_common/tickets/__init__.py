"""What a training starts from, and the order of trainings: tickets, chains, branches, and what a task must be."""
