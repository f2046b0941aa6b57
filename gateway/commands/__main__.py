"""`python -m gateway.commands`: how our processes start each other."""

from gateway.commands import main

main()
