"""`make chaos`: all that may happen to a server in Kayes, done to a whole installation while people dial."""
