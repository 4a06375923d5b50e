"""Files of mmaction_d3d that need no PyTorch, of which the wheel holds copies."""
