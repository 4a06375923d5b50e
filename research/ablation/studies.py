"""The questions of the paper's tables and figures: which configs answer each."""
from typing import NamedTuple


class Variant(NamedTuple):
    """A row of a table or a point of a figure.

    Attributes:
        label (str): What it is called.
        config (str): Key of ``VARIANTS``, or a config of its own as a path from the project's root.
        paper (float, optional): Top-1 in % that the paper reports for it, on PennAction.
        x (float, optional): Position along the axis of a figure.
        series (str): Line of the figure that it belongs to.
        tested_from (str, optional): Config whose checkpoint is tested; by default its own is
            trained.
    """
    label: str
    config: str
    paper: float | None = None
    x: float | None = None
    series: str = ''
    tested_from: str | None = None


class Study(NamedTuple):
    """A table or figure.

    Attributes:
        title (str): Its title.
        variants (tuple[Variant]): Its rows.
        xlabel (str): Axis of the figure; empty for a table.
        base (str): The one base that it is a study of, as a path from the project's root; empty
            where it is any.
        beside (str): Key of ``VARIANTS`` or config that the others are compared with.
        latency (str): CSV of ``tools/benchmark.py model`` of the variants' configs, as a path from
            the project's root; empty where accuracy is all that counts.
    """
    title: str
    variants: tuple[Variant, ...]
    xlabel: str = ''
    base: str = ''
    beside: str = 'ours'
    latency: str = ''


STUDIES = dict(
    table4=Study('Table 4: attention modules',
                 (Variant('joint + temporal (①)', 'attn_joint_temporal',
                          94.8), Variant('deformable (②)', 'attn_deformable', 97.9),
                  Variant('deformable + joint (③)', 'attn_deformable_joint', 98.2),
                  Variant('deformable + temporal (④)', 'attn_deformable_temporal', 98.5),
                  Variant('all three (ours)', 'ours', 99.7), Variant(
                      'joint', 'attn_joint'), Variant('temporal', 'attn_temporal'))),
    table5=Study(
        'Table 5: modal tokens',
        (Variant('no tokens', 'tokens_none', 92.2), Variant('single token', 'tokens_single', 97.0),
         Variant('cross-modal tokens (ours)', 'ours', 99.7))), fig7a=Study(
             'Figure 7a: temporal window and stride',
             tuple(
                 Variant(f'window {window}, stride {stride}', f'window_{window}_stride_{stride}',
                         x=stride, series=f'window {window}') for window in (2, 4, 6)
                 for stride in range(1, window + 1)), 'stride in frames'), fig7b=Study(
                     'Figure 7b: frames in training',
                     tuple(
                         Variant(f'{frames} frames', f'frames_{frames}', x=frames)
                         for frames in (4, 6, 8, 12, 16)), 'frames in training and test'),
    figA1=Study(
        'Figure A1: frames in test',
        tuple(
            Variant(f'{frames} frames', f'test_frames_{frames}', x=frames, tested_from='ours')
            for frames in (4, 6, 8, 12, 16)), 'frames in test'),
    search=Study('First convolution of the token search',
                 (Variant('depthwise (ours)', 'ours'), Variant('dense', 'search_dense'))),
    pose_embed=Study('Embedding of the pose tokens',
                     (Variant('coordinates (ours)', 'ours'), Variant('none', 'pose_embed_none'))),
    wrap=Study(
        'Key window of the last query window',
        (Variant('wraps to the first (ours)', 'ours'), Variant('clamped at the end', 'wrap_off'))),
    sigma=Study(
        'Sigma of the joint heatmaps',
        tuple(Variant(f'{sigma} cells', f'sigma_{sigma}', x=sigma) for sigma in (0.5, 1.0, 2.0)),
        'sigma in cells of F_a'), blocks=Study(
            'Transformer blocks',
            tuple(Variant(f'L = {blocks}', f'blocks_{blocks}', x=blocks) for blocks in (1, 2, 3)),
            'blocks L'), heads=Study(
                'Attention heads',
                tuple(
                    Variant(f'{heads} head' + 's' * (heads > 1), f'heads_{heads}', x=heads)
                    for heads in (1, 2, 4)),
                'heads'), family=Study('Sizes beside RGBPose-Conv3D', (
                    Variant('d3d_xs', 'research/family/d3d_xs.py'),
                    Variant('d3d_s', 'research/family/d3d_s.py'),
                    Variant('RGBPose-Conv3D', 'research/family/rgbpose_conv3d.py'),
                    Variant('RGBPose-Conv3D, a quarter of its width',
                            'research/family/rgbpose_conv3d_narrow.py'),
                ), base='research/pair.py', beside='research/family/rgbpose_conv3d.py',
                                       latency='docs/results/benchmark_family.csv'),
    levers=Study('d3d_xs with one thing changed', (
        Variant('d3d_xs', 'research/family/d3d_xs.py'),
        Variant('8 frames', 'research/levers/xs_frames_8.py'),
        Variant('16 frames', 'research/levers/xs_frames_16.py'),
        Variant('48 pixels', 'research/levers/xs_pixels_48.py'),
        Variant('80 pixels', 'research/levers/xs_pixels_80.py'),
        Variant('temporal strides 1, 2, 1', 'research/levers/xs_temporal_strides.py'),
        Variant('width 8', 'research/levers/xs_width_8.py'),
        Variant('width 32', 'research/levers/xs_width_32.py'),
        Variant('1 block', 'research/levers/xs_blocks_1.py'),
        Variant('3 blocks', 'research/levers/xs_blocks_3.py'),
        Variant('search of 3 x 3 x 3', 'research/levers/xs_search_3.py'),
        Variant('2 searched frames', 'research/levers/xs_searched_2.py'),
        Variant('windows of 2', 'research/levers/xs_windows_2.py'),
        Variant('coordinates alone', 'research/levers/xs_coordinates.py'),
    ), base='research/pair.py', beside='research/family/d3d_xs.py',
                 latency='docs/results/benchmark_levers.csv'))
"""Studies by name; the order is that of the report."""
