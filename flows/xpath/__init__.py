"""XPath 1.0 as XLSForm uses it: what its values are, and what its functions do. The parser is flows/expressions.py."""
