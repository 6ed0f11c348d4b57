"""The pages of letters: the lists, one letter with its reply, and every button of it."""
