"""What is trained on what: each task joins data, a network and the masked loop."""
