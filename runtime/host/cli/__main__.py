"""`python -m runtime.host.cli`: the same as `optin`."""

from runtime.host.cli import main

main()
