"""The demo: a reader's letters, a mail server to hold them and one to send from, all on this machine."""
