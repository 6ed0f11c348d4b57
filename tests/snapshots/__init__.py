"""Every prepared answer as a letter, as it was when somebody last looked.

rendering    drafts for topics and cases, with facts and without
wording      what has to be true of each of them
"""
