"""Enrich: has the lead found out about, in the middle of its journey."""
