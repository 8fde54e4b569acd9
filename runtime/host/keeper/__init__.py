"""The host as keeper: what a node without a disk leaves with it, and the node's line."""
