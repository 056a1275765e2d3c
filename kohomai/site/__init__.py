"""What holds the program together: settings, addresses, the command line, the supervisor, the embedded PostgreSQL."""
