"""Writes ``.skeleton`` files the way NTU RGB+D's are: numbers as ``%.7g``, lines end in CR LF."""
import numpy as np

FIRST_ID = 72057594037932033  # of a real file; its float64 neighbour is 8 away


def make_body(frames, seed=0, body_id=FIRST_ID, sway=0.5, width=0.5):
    """A standing person of 1.6 m, as ``(body_id, {frame: 25 x 12 numbers})``.

    Args:
        frames (Iterable[int]): Where it is tracked.
        sway (float): Amplitude of its walk along x, metres: motion grows with its square.
        width (float): From the leftmost to the rightmost joint, metres.
    """
    rng = np.random.default_rng(seed)
    pose = np.stack([
        rng.permutation(np.linspace(-width / 2, width / 2, 25)),
        rng.permutation(np.linspace(-0.8, 0.8, 25)),
        np.full(25, 3.0)
    ], -1)
    rows = {}
    for frame in frames:
        xyz = pose + [sway * (-1)**frame, 0, 0]
        colour = [960, 540] + [350, -350] * xyz[:, :2]
        rest = rng.normal(size=(25, 4)) / 10
        state = np.full((25, 1), 2)
        rows[frame] = np.concatenate([xyz, colour / 4, colour, rest, state], 1)
    return body_id, rows


def skeleton_lines(num_frames, bodies):
    """The lines of a file with these bodies, without their ends."""
    lines = [str(num_frames)]
    for frame in range(num_frames):
        present = [(body_id, rows[frame]) for body_id, rows in bodies if frame in rows]
        lines.append(str(len(present)))
        for body_id, joints in present:
            lines += [f'{body_id} 0 1 1 0 0 0 0.02764709 -0.2405585 2', '25']
            lines += [' '.join(f'{number:.7g}' for number in joint) for joint in joints]
    return lines


def write_skeleton(path, num_frames, bodies):
    """Writes a file; return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b''.join(line.encode() + b'\r\n'
                              for line in skeleton_lines(num_frames, bodies)))
    return path
