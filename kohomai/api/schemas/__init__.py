"""The shapes of what is sent and shown, as the OpenAPI document describes them."""
