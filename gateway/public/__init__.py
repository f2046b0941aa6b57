"""What anybody may read: pages and open data, from audited releases only."""
