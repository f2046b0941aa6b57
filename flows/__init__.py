"""The conversation, and nothing else: no network, no database, no clock, no randomness but what is passed in."""
