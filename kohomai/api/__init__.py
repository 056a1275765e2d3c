"""``/api/v1``: everything the back-office can do, for programs. One module per resource; no rule lives here."""
