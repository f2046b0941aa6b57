"""`palabre rehearse`: a drawn population dials, and what is counted is held against what was drawn."""
