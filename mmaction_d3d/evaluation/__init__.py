"""What a result is to be read beside: fitted baselines and confidence intervals."""
from .baselines import BaselineScore, single_frame_baseline, skeleton_baseline, wilson_interval

__all__ = ['BaselineScore', 'single_frame_baseline', 'skeleton_baseline', 'wilson_interval']
