"""Triage: an advice desk for reader mail.

Letters come in over IMAP, are read and given a drafted reply, and a person approves what is sent.
The package's folders are the map of the house; README.md draws it.
"""

__version__ = "0.1.0"
