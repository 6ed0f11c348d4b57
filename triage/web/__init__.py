"""The desk in the browser: plain pages and forms that work without JavaScript.

app       puts the application together
security  what every answer carries; who gets in; what makes a form genuine
sign_in   signing in and out
queue     the lists of letters
letter    one letter: read it, its formatted view, its source
verbs     what a person decides about it
facts     the dated facts that replies may print
answering what the machine's draft answers, and with which prepared answer
live      tells open pages what happens, and who else is at the same letter
marking   the letter's text cut at the sentences that show its topics
words     everything that the pages say about times, topics and stages
paper     the pages themselves (pages/*.html, static/)
"""

from triage.web.app import create_app

__all__ = ["create_app"]
