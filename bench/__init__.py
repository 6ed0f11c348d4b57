"""Measurements of speed and memory. They are not tests: the numbers depend on the machine."""
