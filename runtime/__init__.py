"""The node and what drives it; the README of the project says where things are."""
