"""A page that recognizes dropped videos; it needs gradio, ``requirements/demo.txt``."""
