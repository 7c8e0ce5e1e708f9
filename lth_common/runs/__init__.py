"""Settings → runs → records: what is run under which name, trained, prepared, and taken back."""
