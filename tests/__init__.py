"""The tests: they mirror `kohomai/`; `support` is what they share."""
