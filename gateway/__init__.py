"""What the outside world talks to: webhooks, staff pages, public pages, commands."""
