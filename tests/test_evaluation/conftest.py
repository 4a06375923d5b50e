"""What is measured."""
from explained import clip, dataset, explanation, recognizer, spread_recognizer  # noqa: F401
