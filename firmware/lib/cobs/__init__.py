"""Consistent overhead byte stuffing, with the names of the package from PyPI."""
