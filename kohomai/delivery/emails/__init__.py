"""E-mail: what the product writes to people, how it is sent, and what comes back."""
