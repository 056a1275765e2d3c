"""Kohomai registers leads, qualifies them in real time and gives each one a tailored onboarding journey."""
