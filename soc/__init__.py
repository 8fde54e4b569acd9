"""The system on a chip: cores, system, simulator, boards."""
