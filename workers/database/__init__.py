"""The proposal database: its tables, its sessions, its migrations. SQLite and PostgreSQL alike."""
