"""Email: writes to the lead, the owner, or somebody else."""
