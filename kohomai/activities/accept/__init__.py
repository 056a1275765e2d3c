"""Accept: a text to read and to accept."""
