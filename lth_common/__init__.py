"""The pruning core that all replications share: masks, tickets, training, records, claims.

Importing the package is cheap: nothing here pulls in torch, so the workflow parses in well under a second.
"""

# Part of every run's identity. Raise it whenever a change may move a number.
CORE_VERSION = 1
