"""WebhookCall: calls an address, and takes data from the answer."""
