"""The firmware's cryptography in C, and its build for this machine."""
