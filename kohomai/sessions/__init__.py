"""Magic links, and who is signed in at the front-office."""
