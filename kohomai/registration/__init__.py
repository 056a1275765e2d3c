"""The one door by which a lead enters."""
