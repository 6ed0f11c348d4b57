"""The door that letters leave by."""
