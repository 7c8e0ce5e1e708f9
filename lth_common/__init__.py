"""The pruning core that all replications share: masks, tickets, training, records, claims.

Importing the package is cheap: nothing here pulls in torch, so the workflow parses in well under a second.
"""
