"""From events outward: the relay, work in the background, timers and mail."""
