"""The contract of a paper folder, as typed data. Nothing in here imports torch."""
