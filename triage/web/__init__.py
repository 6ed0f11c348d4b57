"""The desk in the browser: plain pages and forms that work without JavaScript, and an API for programs.

app       puts the application together
shield    what every answer carries
gate      who gets in, and what makes a form genuine; bearer: the same for programs
sessions  who a request comes from
letters/  the lists of letters, one letter with its reply, and every button of it
staff/    signing in, people, and one's own account
house/    figures, templates, voices, facts, settings, webhooks
api/      the same verbs as JSON
live      tells open pages what happens, and who else is at the same letter
words     everything that the pages say about times, topics and stages
paper     the pages themselves (pages/*.html, static/)
"""

from triage.web.app import App, create_app

__all__ = ["App", "create_app"]
