"""What was counted: tallies, staff's results, and the releases that anybody may read."""
