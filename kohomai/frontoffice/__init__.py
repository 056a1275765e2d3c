"""The front-office: where leads and stakeholders do what is assigned to them, on a phone first."""
