"""``configs/_base_/models/d3d_xs.py`` on the quickstart's clips: the quickstart itself."""
_base_ = '../pair.py'
