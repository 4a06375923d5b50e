"""Naming a sample in messages."""


def source(results):
    """Return the file or folder that a sample of a pipeline came from."""
    return results.get('filename') or results.get('img_dir') or 'pipeline'
