"""Multiply-adds by formula, from the layers' sizes alone: no code of the package, no counter."""
from math import prod


def half(size):
    return -(-size // 2)


def window_count(length, window, stride):
    window = min(window, length)
    return -(-(length - window) // (stride or max(1, window // 2))) + 1


def r2plus1d(frames, height, width, base_channels=64, temporal_strides=(1, 1, 1), stages=3,
             motion=False):
    """R(2+1)D-18 up to a stage: multiply-adds, and frames of its last map."""
    height, width = half(height), half(width)
    middle = max(1, round(45 * base_channels / 64))
    total = frames * height * width * ((3 + 3 * motion) * middle * 49 + middle * base_channels * 3)
    planes = base_channels
    for stage in range(stages):
        before, planes = planes, base_channels * 2**stage
        for block in range(2):
            first = block == 0
            new_frames = -(-frames // temporal_strides[stage]) if first else frames
            strided = first and stage > 0
            new_height, new_width = (half(height), half(width)) if strided else (height, width)
            middle = 27 * before * planes // (9 * before + 3 * planes)  # of both convolutions
            total += frames * new_height * new_width * before * middle * 9
            frames, height, width = new_frames, new_height, new_width
            cells = frames * height * width
            total += cells * middle * planes * 3
            total += cells * (planes * middle * 9 + middle * planes * 3)
            if before != planes or strided or (first and temporal_strides[stage] > 1):
                total += cells * before * planes
            before = planes
    return total, frames


def d3d(frames, height, width, classes, num_joints, num_person, backbone, joints=None, num_blocks=3,
        ffn_ratio=4, kernel_size=7, depthwise=True, joint_window=8, joint_stride=None,
        temporal_window=4, temporal_stride=None, attentions=('deformable', 'joint', 'temporal'),
        modal_tokens='cross', pose_embed='coords', octaves=0, motion_lags=(), body=False,
        head_frames=1, heatmaps=False, **unused):
    """Multiply-adds of a D3D model by part; names are those of the config's keys."""
    backbone = {key: value for key, value in backbone.items() if key not in ('type', 'pretrained')}
    base = backbone.get('base_channels', 64)
    dims, joints = 4 * base, joints or num_joints * num_person
    reads_rgb = modal_tokens == 'none' or 'deformable' in attentions or 'temporal' in attentions
    reads_pose = modal_tokens == 'none' or 'joint' in attentions or 'temporal' in attentions
    parts = {}
    parts['backbone'], frames = r2plus1d(frames, height, width, **backbone,
                                         stages=3 if reads_rgb else 1)
    rows, columns = half(height), half(width)
    if reads_pose:
        pooled = base * rows * (columns if heatmaps else columns + 1)
        width = 3 + 4 * octaves + 2 * len(motion_lags)  # numbers that describe a joint
        projected = base * dims + (width * dims + dims**2 if pose_embed == 'coords' else 0)
        parts['pose tokens'] = frames * joints * (pooled + projected)
        if body:  # all joints in one row, whoever is absent
            row = num_joints * num_person * (3 + 2 * len(motion_lags))
            parts['pose tokens'] += frames * (row * dims + dims**2)

    grid = (frames, half(half(rows)), half(half(columns)))
    cells = grid[1] * grid[2]
    kernel = (kernel_size, ) * 3 if isinstance(kernel_size, int) else kernel_size
    searched = prod(max(n, k) - k + 1 for n, k in zip(grid, kernel))
    modal = dict(cross=3, single=1, none=0)[modal_tokens]
    joining = min(modal, 2)  # modal tokens that take part in deformable and joint attention
    square, hidden = dims**2, int(ffn_ratio * dims)

    def add(part, macs):
        parts[part] = parts.get(part, 0) + macs

    for block in range(num_blocks):
        last = block == num_blocks - 1 and modal > 0
        alone = last and 'temporal' not in attentions
        if 'deformable' in attentions:
            add('token search',
                searched * dims * (prod(kernel) * (1 if depthwise else dims) + 3 + 8))
            queries = frames * joining + (0 if alone else frames * cells)
            keys = searched + frames * joining
            add('deformable attention', 2 * (queries + keys) * square + 2 * queries * keys * dims)
            add('FFN', 2 * queries * dims * hidden)
        if 'joint' in attentions:
            window = min(joint_window, joints)
            count = window_count(joints, joint_window, joint_stride)
            keys = frames * (joints + joining)
            queries = frames * joining if alone else keys
            windowed = frames * (joining if alone else window + joining)
            average = 0 if alone else frames * joints * count * window * dims
            add(
                'joint stride attention', 2 * (queries + keys) * square + average +
                2 * count * windowed * frames * (window + joining) * dims)
            add('FFN', 2 * queries * dims * hidden)
        if modal_tokens == 'cross':
            add('other tokens and CLS merge', frames * 2 * square)
        if 'temporal' in attentions:
            window = min(temporal_window, frames)
            count = window_count(frames, temporal_window, temporal_stride)
            tokens = cells + joints + modal
            queried = modal if last else tokens
            add(
                'temporal stride attention', 2 * frames * (tokens + queried) * square +
                2 * count * window * queried * window * tokens * dims +
                frames * count * window * queried * dims)
            add('FFN', 2 * frames * queried * dims * hidden)
    parts['head'] = max(modal, 1) * dims * classes * head_frames
    return parts


def bottlenecks(frames, size, inputs, planes, blocks, stride, inflated):
    """A stage of a 3D ResNet-50: multiply-adds, side and channels of its output."""
    total = 0
    for block in range(blocks):
        new = size // stride if block == 0 else size
        total += frames * size**2 * inputs * planes * (3 if inflated else 1)
        total += frames * new**2 * (planes * planes * 9 + planes * 4 * planes)
        if block == 0:
            total += frames * new**2 * inputs * 4 * planes
        size, inputs = new, 4 * planes
    return total, size, inputs


def rgbpose_conv3d(rgb_frames, size, pose_frames, pose_size, joints, classes):
    """MMAction2's RGBPose-Conv3D (Duan et al., 2022) with lateral connections of 7 frames."""
    speed = pose_frames // rgb_frames
    # Stem: 7 x 7 convolution, and for RGB a stride of 2 in it and in the pooling.
    rgb = rgb_frames * (size // 2)**2 * 3 * 64 * 49
    pose = pose_frames * pose_size**2 * joints * 32 * 49
    macs, side, channels = bottlenecks(rgb_frames, size // 4, 64, 64, 3, 1, False)
    rgb += macs
    macs, side, channels = bottlenecks(rgb_frames, side, channels, 128, 4, 2, False)
    rgb += macs
    macs, pose_side, pose_channels = bottlenecks(pose_frames, pose_size, 32, 32, 4, 2, False)
    pose += macs
    for planes, blocks, pose_planes, pose_blocks in ((256, 6, 64, 6), (512, 3, 128, 3)):
        # Lateral: pose to RGB with a stride of `speed`, RGB to pose transposed with that stride.
        to_rgb, to_pose = pose_channels, channels // 16
        rgb += rgb_frames * side**2 * pose_channels * to_rgb * 7
        pose += rgb_frames * side**2 * channels * to_pose * 7
        assert side == pose_side and rgb_frames * speed == pose_frames
        macs, side, new_channels = bottlenecks(rgb_frames, side, channels + to_rgb, planes, blocks,
                                               2, True)
        rgb += macs
        macs, pose_side, pose_channels = bottlenecks(pose_frames, pose_side,
                                                     pose_channels + to_pose, pose_planes,
                                                     pose_blocks, 2, True)
        pose, channels = pose + macs, new_channels
    return {'RGB path': rgb, 'pose path': pose, 'head': (channels + pose_channels) * classes}
