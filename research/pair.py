"""What studies start from on data that need both modalities: the quickstart's model and clips."""
_base_ = '../configs/d3d_quickstart.py'

# What tools/ablate.py generates; the same as the quickstart's.
synthetic = dict(out_dir='data/synthetic', difficulty='pair')
