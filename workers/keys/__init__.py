"""The keys of pseudonyms and numbers: kept, changed, retired, destroyed; and what they seal."""
