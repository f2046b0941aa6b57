"""Redis, the queue, the providers and the proposal database. No web framework here; imports flows, never gateway."""
