"""Messages out and in: the outbox, how it is sent, held to hours and budgets, and settled; campaigns; the staff's inbox."""
