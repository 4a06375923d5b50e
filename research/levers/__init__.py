"""``d3d_xs`` with one thing changed: what each lever costs and gives (``ablate.py levers``)."""
