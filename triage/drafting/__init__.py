"""From a letter and its assessment to one coherent draft. Pure: values in, values out.

`templates` reads the reply templates, `facts` puts what the letter states into words, `drafts` puts
them together, and `checks` looks at the final text, whoever wrote it.
"""

from triage.drafting.checks import blocks_for, find_gaps
from triage.drafting.drafts import make_draft
from triage.drafting.facts import Voice
from triage.drafting.templates import Templates

__all__ = ["Templates", "Voice", "blocks_for", "find_gaps", "make_draft"]
