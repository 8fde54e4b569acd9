"""What every kind of node is."""
