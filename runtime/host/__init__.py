"""What drives a node: client, command line, key folder, offline audit."""
