"""Signing in, and the pages of people and of one's own account."""
