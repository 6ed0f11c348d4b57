"""From a letter and its assessment to one coherent draft. Pure: values in, values out.

files       a template file, read
syntax      the little language of templates, in a sandbox
templates   all templates: topics, their cases, their blocks
library     taking templates out and in
book        facts with a date
facts       what the letter states, in words that a template may print
voice       how one columnist's replies sound
parts       what one case brings to a draft
drafts      the draft that joins them
fitting     its length
checks      the final text, whoever wrote it: sentences, promises, hiding, laws, inventions, state_rules, strangers
measures    its length and reading grade
edits       what a person changed in it
places      names of states and languages
"""

from triage.drafting.checks import MAX_CHECKED, blocks_for, find_gaps
from triage.drafting.drafts import YOUR_WORDS, caring_note, make_draft, without_own_line
from triage.drafting.edits import edits
from triage.drafting.measures import measures
from triage.drafting.templates import Templates
from triage.drafting.voice import Voice

__all__ = [
    "MAX_CHECKED",
    "YOUR_WORDS",
    "Templates",
    "Voice",
    "blocks_for",
    "caring_note",
    "edits",
    "find_gaps",
    "make_draft",
    "measures",
    "without_own_line",
]
