"""What tools/benchmark.py measures: models, training steps, pipelines, extraction, inference."""
