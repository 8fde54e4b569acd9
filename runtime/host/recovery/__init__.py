"""What is left of a dead node: its journal, opened by two witnesses and the operator."""
