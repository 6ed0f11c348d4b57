"""Reading letters: a spaCy pipeline trained from letters, with its evidence, facts, urgency and risk."""

from triage.assessor.pipeline import PipelineAssessor, load, newest_model

__all__ = ["PipelineAssessor", "load", "newest_model"]
