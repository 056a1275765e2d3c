"""Score: points for what is known of a lead."""
