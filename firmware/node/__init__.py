"""The node without a disk: state in RAM, sealed records kept by the host."""
