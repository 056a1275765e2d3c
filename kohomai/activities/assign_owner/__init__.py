"""AssignOwner: chooses who of the team owns the lead."""
