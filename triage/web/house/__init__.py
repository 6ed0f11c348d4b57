"""The rooms of the desk beside the letters: figures, templates, voices, facts, settings, webhooks."""
