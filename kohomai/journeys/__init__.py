"""Journeys: their state in the database, their events, and all that may be done to them."""
