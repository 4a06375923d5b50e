"""What a result is to be read beside: fitted baselines and confidence intervals."""
from .baselines import BaselineScore, single_frame_baseline, skeleton_baseline
from .intervals import mean_interval, share_interval, wilson_interval
from .score_metrics import CalibrationMetric, FusionMetric

__all__ = [
    'BaselineScore', 'CalibrationMetric', 'FusionMetric', 'mean_interval', 'share_interval',
    'single_frame_baseline', 'skeleton_baseline', 'wilson_interval'
]
