"""The door letters come in by: a folder on an IMAP server, a folder of files, or memory."""
