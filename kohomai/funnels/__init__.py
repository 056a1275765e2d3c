"""Funnels, their drafts and published versions, and the origins that lead into them."""
