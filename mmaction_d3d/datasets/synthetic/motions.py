"""The motions of the hand, as phases on one closed curve.

By construction a single frame says nothing of the motion: at every frame the phase of every
motion is uniform on the circle, because a uniform start is added to all of them.
"""
import numpy as np

MOTIONS = ('circle', 'swing', 'shake', 'hold')


def hand_phase(rng: np.random.Generator, motion: str, num_frames: int) -> np.ndarray:
    """Draw the phase of the hand over a clip.

    Speeds are such that twelve frames spread evenly over the clip lie at most some 80 degrees
    apart.

    Args:
        rng: source of start, speed and extent.
        motion: one of `MOTIONS`.
        num_frames: T.

    Returns:
        T phases in radians, clockwise as the viewer sees it.

    Raises:
        ValueError: unknown motion.
    """
    t = np.arange(num_frames) / num_frames
    start = rng.uniform(0, 2 * np.pi)
    if motion == 'circle':
        return start + rng.choice((-1, 1)) * 2 * np.pi * rng.uniform(1.1, 1.9) * t
    if motion == 'swing':
        extent = np.deg2rad(rng.uniform(90, 120))
        return start + extent * np.sin(2 * np.pi * (rng.uniform(0.8, 1.2) * t + rng.random()))
    if motion == 'shake':
        extent = np.deg2rad(rng.uniform(22, 35))
        return start + extent * np.sin(2 * np.pi * (rng.uniform(2, 3) * t + rng.random()))
    if motion == 'hold':
        extent = np.deg2rad(rng.uniform(2, 8))
        return start + extent * np.sin(2 * np.pi * (rng.uniform(0.5, 1.5) * t + rng.random()))
    raise ValueError(f'unknown motion {motion!r}; one of {MOTIONS}')
