"""Multiply-adds and time of stride attention against full attention (tables A1 and A2)."""
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch

from ..evaluation.complexity import count_macs, shapes_only
from ..models.layers import JointStrideAttention, TemporalStrideAttention, Tokens
from ..models.layers.attention import AttentionLayer
from ..models.layers.windows import stride_windows

WIDTH, HEADS = 256, 4  # 4C and heads of the paper's model
JOINT_MODAL, MODAL = 2, 3  # modal tokens a frame that join the joints, and the frames


class Case(NamedTuple):
    """One size at which full and stride attention are compared.

    Attributes:
        attention: ``'joint'`` (table A1) or ``'temporal'`` (table A2).
        axis: What varies around it: ``'T'``, ``'R'``, ``'cells'`` or ``'window'``.
        T: Frames.
        R: Joint tokens a frame.
        cells: RGB tokens a frame, H/8 * W/8; 0 in joint attention.
        window: Joints, or frames, in a window; full attention has one over the whole axis.
    """
    attention: str
    axis: str
    T: int
    R: int
    cells: int
    window: int

    @property
    def tokens(self) -> int:
        """Tokens a frame: R and two modal tokens, or D_n."""
        return self.R + JOINT_MODAL if self.attention == 'joint' else self.cells + self.R + MODAL

    @property
    def length(self) -> int:
        """Of the axis that windows lie on."""
        return self.R if self.attention == 'joint' else self.T


# Around 12 frames and 50 joints (NTU), with a frame of 112 x 112 pixels in temporal attention.
BASE = dict(joint=dict(T=12, R=50, cells=0, window=8), temporal=dict(T=12, R=50, cells=196,
                                                                     window=4))
SWEEPS = dict(
    joint=dict(T=(4, 8, 12, 16, 24), R=(17, 34, 50, 75, 100, 150), window=(4, 8, 16, 32, 40)),
    temporal=dict(T=(4, 8, 12, 16, 24), R=(13, 50, 100, 200), cells=(49, 100, 196, 400),
                  window=(2, 4, 6, 8, 10)))


def sweep_cases() -> list[Case]:
    """All cases, one sweep after the other."""
    return [
        Case(attention, axis, **dict(BASE[attention], **{axis: value}))
        for attention, sweeps in SWEEPS.items() for axis, values in sweeps.items()
        for value in values
    ]


def build_layer(case: Case, method: str) -> AttentionLayer:
    """Return the attention layer of a case; ``method`` is ``'full'`` or ``'stride'``."""
    layer = JointStrideAttention if case.attention == 'joint' else TemporalStrideAttention
    window = case.length if method == 'full' else case.window
    return layer(WIDTH, window, num_heads=HEADS).eval()


def layer_inputs(case: Case) -> tuple[Tokens, torch.Tensor]:
    """Tokens of one clip, and which joints are visible."""
    joint = case.attention == 'joint'
    rgb = None if joint else torch.randn(1, case.T, case.cells, 1, WIDTH)
    tokens = Tokens(rgb, torch.randn(1, case.T, case.R, WIDTH),
                    torch.randn(1, case.T, JOINT_MODAL if joint else MODAL, WIDTH))
    return tokens, torch.ones(1, case.T, case.R, dtype=torch.bool)


def count_case(case: Case, method: str) -> dict[str, int]:
    """Windows and multiply-adds: of attention's two products, and of the whole layer."""
    window = case.length if method == 'full' else case.window
    windows = len(stride_windows(case.length, window).query)
    with shapes_only():
        layer, inputs = build_layer(case, method), layer_inputs(case)
        macs = count_macs(layer, lambda: layer(*inputs))
    return dict(windows=windows, product_macs=macs.attention, layer_macs=macs.total)


def time_case(case: Case, method: str, budget: float = 0.1) -> dict[str, float]:
    """Seconds of one forward pass: of fused attention, and of the whole layer.

    This thread's own time on the CPU, which leaves out waiting for other processes. The fastest of
    the passes that fit into ``budget`` seconds, one at least: a disturbance only ever adds.
    """
    layer, inputs = build_layer(case, method), layer_inputs(case)
    attend: Callable = layer.attention.attend
    product: list[float] = []
    whole: list[float] = []

    def timed(*args: torch.Tensor) -> torch.Tensor:
        begin = time.thread_time()
        attended = attend(*args)
        product.append(time.thread_time() - begin)
        return attended

    vars(layer.attention)['attend'] = timed
    with torch.inference_mode():
        while sum(whole) < budget:
            begin = time.thread_time()
            layer(*inputs)
            whole.append(time.thread_time() - begin)
    return dict(product_seconds=min(product), layer_seconds=min(whole))


def measure(repeats: int) -> Iterator[dict[str, object]]:
    """Measure every case, ``repeats`` times over, full and stride next to each other.

    What else the machine does then falls on both alike. A first round, which is not kept, warms up.

    Args:
        repeats: Rounds.

    Yields:
        Case, method, round and figures: the rows of the table of results.
    """
    cases = sweep_cases()
    counted = {(case, method): count_case(case, method) for case in cases
               for method in ('full', 'stride')}
    for repeat in range(repeats + 1):
        methods = ('full', 'stride') if repeat % 2 else ('stride', 'full')
        for case in cases:
            for method in methods:
                row = dict(case._asdict(), tokens=case.tokens, method=method, repeat=repeat,
                           **counted[case, method], **time_case(case, method))
                if repeat:
                    yield row
