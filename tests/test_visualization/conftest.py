"""What the pictures are drawn of."""
from explained import clip, dataset, explanation, recognizer, spread_recognizer  # noqa: F401
