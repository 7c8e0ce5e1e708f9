"""From records to figures, tables and verdicts; imports no torch."""
