"""Form: fields that fill data points."""
