"""The joint layouts of data sets and pose networks in use.

A point of the body has one name in all of them, COCO's where it has one. ``head`` is the middle of
the head, ``head_top`` its top; ``neck`` lies between the shoulders, ``upper_neck`` below the head;
``mid_hip`` lies between the hips.
"""
from collections.abc import Sequence

from .layouts import register_layout

_ARMS = ('shoulder-elbow', 'elbow-wrist')
_LEGS = ('hip-knee', 'knee-ankle')
_FACE = ('nose-left_eye', 'nose-right_eye', 'left_eye-left_ear', 'right_eye-right_ear')
_TRUNK = ('left_shoulder-right_shoulder', 'left_shoulder-left_hip', 'right_shoulder-right_hip',
          'left_hip-right_hip')
_FEET = ('ankle-heel', 'ankle-big_toe', 'big_toe-small_toe')


def _both(parts: Sequence[str]) -> list[str]:
    """Return bones of the left side and the same ones of the right."""
    return [
        '-'.join(f'{side}_{end}' for end in part.split('-')) for side in ('left', 'right')
        for part in parts
    ]


def _sides(*parts: str) -> list[str]:
    """Return the left and right joint of each part, side by side."""
    return [f'{side}_{part}' for part in parts for side in ('left', 'right')]


_LIMBS = _both((*_ARMS, *_LEGS))
_BODY = _sides('shoulder', 'elbow', 'wrist', 'hip', 'knee', 'ankle')
_COCO_JOINTS = ['nose', *_sides('eye', 'ear'), *_BODY]
_COCO_BONES = [*_FACE, *_both(['ear-shoulder']), *_TRUNK, *_LIMBS]

# COCO keypoints (Lin et al., 2014), the order of HRNet and MoveNet.
register_layout('coco17', _COCO_JOINTS, _COCO_BONES)

# Kinect v2, the order of the NTU RGB+D skeleton files (Shahroudy et al., 2016).
register_layout(
    'ntu25',
    'spine_base spine_mid neck head left_shoulder left_elbow left_wrist left_hand right_shoulder '
    'right_elbow right_wrist right_hand left_hip left_knee left_ankle left_foot right_hip '
    'right_knee right_ankle right_foot spine_shoulder left_hand_tip left_thumb right_hand_tip '
    'right_thumb', [
        'spine_base-spine_mid', 'spine_mid-spine_shoulder', 'spine_shoulder-neck', 'neck-head',
        *(f'spine_shoulder-{joint}' for joint in _sides('shoulder')),
        *(f'spine_base-{joint}' for joint in _sides('hip')), *_LIMBS, *_both(
            ('wrist-hand', 'hand-hand_tip', 'wrist-thumb', 'ankle-foot'))
    ])

# Penn Action (Zhang et al., 2013).
register_layout('penn13', ['head', *_BODY],
                [*(f'head-{joint}' for joint in _sides('shoulder')), *_TRUNK, *_LIMBS])

_OPENPOSE_BONES = ['nose-neck', *_FACE, *(f'neck-{joint}' for joint in _sides('shoulder')), *_LIMBS]
# OpenPose's COCO and BODY_25 models (its doc/02_output.md).
register_layout(
    'openpose18',
    'nose neck right_shoulder right_elbow right_wrist left_shoulder left_elbow left_wrist '
    'right_hip right_knee right_ankle left_hip left_knee left_ankle right_eye left_eye right_ear '
    'left_ear', [*_OPENPOSE_BONES, *(f'neck-{joint}' for joint in _sides('hip'))])
register_layout(
    'body25',
    'nose neck right_shoulder right_elbow right_wrist left_shoulder left_elbow left_wrist mid_hip '
    'right_hip right_knee right_ankle left_hip left_knee left_ankle right_eye left_eye right_ear '
    'left_ear left_big_toe left_small_toe left_heel right_big_toe right_small_toe right_heel', [
        *_OPENPOSE_BONES, 'neck-mid_hip', *(f'mid_hip-{joint}'
                                            for joint in _sides('hip')), *_both(_FEET)
    ])

# Halpe's 26 of the body (AlphaPose, Fang et al., 2022).
register_layout(
    'halpe26',
    [*_COCO_JOINTS, 'head_top', 'neck', 'mid_hip', *_sides('big_toe', 'small_toe', 'heel')], [
        *_FACE, 'head_top-neck', 'nose-neck', 'neck-mid_hip', *_LIMBS,
        *(f'neck-{joint}'
          for joint in _sides('shoulder')), *(f'mid_hip-{joint}'
                                              for joint in _sides('hip')), *_both(_FEET)
    ])

# MediaPipe Pose (BlazePose, Bazarevsky et al., 2020).
register_layout('mediapipe33', [
    'nose', *(f'{side}_eye{part}' for side in ('left', 'right')
              for part in ('_inner', '', '_outer')),
    *_sides('ear', 'mouth', 'shoulder', 'elbow', 'wrist', 'pinky', 'index', 'thumb', 'hip', 'knee',
            'ankle', 'heel', 'foot_index')
], [
    *(f'nose-{joint}' for joint in _sides('eye_inner', 'mouth')), 'left_mouth-right_mouth', *_both(
        ('eye_inner-eye', 'eye-eye_outer', 'eye_outer-ear', 'wrist-pinky', 'wrist-index',
         'wrist-thumb', 'pinky-index', 'ankle-heel', 'heel-foot_index', 'ankle-foot_index')),
    *_both(['ear-shoulder']), *_TRUNK, *_LIMBS
])

# Human3.6M (Ionescu et al., 2014), the 17 joints in use.
register_layout(
    'h36m17',
    'mid_hip right_hip right_knee right_ankle left_hip left_knee left_ankle spine thorax neck_base '
    'head_top left_shoulder left_elbow left_wrist right_shoulder right_elbow right_wrist', [
        'mid_hip-spine', 'spine-thorax', 'thorax-neck_base', 'neck_base-head_top', *_LIMBS,
        *(f'mid_hip-{joint}' for joint in _sides('hip')), *(f'thorax-{joint}'
                                                            for joint in _sides('shoulder'))
    ])

# MPII Human Pose (Andriluka et al., 2014).
register_layout(
    'mpii16',
    'right_ankle right_knee right_hip left_hip left_knee left_ankle mid_hip thorax upper_neck '
    'head_top right_wrist right_elbow right_shoulder left_shoulder left_elbow left_wrist', [
        'mid_hip-thorax', 'thorax-upper_neck', 'upper_neck-head_top', *_LIMBS,
        *(f'mid_hip-{joint}' for joint in _sides('hip')), *(f'thorax-{joint}'
                                                            for joint in _sides('shoulder'))
    ])

# CrowdPose (Li et al., 2019).
register_layout(
    'crowdpose14', [*_BODY, 'head_top', 'neck'],
    ['head_top-neck', *(f'neck-{joint}' for joint in _sides('shoulder')), *_TRUNK, *_LIMBS])

# PoseTrack 2017 and 2018 (Andriluka et al., 2018).
register_layout('posetrack17', ['nose', 'upper_neck', 'head_top', *_sides('ear'), *_BODY], [
    'nose-upper_neck', 'nose-head_top', *(f'nose-{joint}' for joint in _sides('ear')),
    *(f'upper_neck-{joint}' for joint in _sides('shoulder')), *_TRUNK, *_LIMBS
])

# COCO-WholeBody (Jin et al., 2020): body, feet, the 68 points of the face of iBUG 300-W, hands. A
# point of the face is the mirror image of its partner here: jaw, brows, nose, eyes, lips.
_FACE_PAIRS = [
    *((index, 16 - index) for index in range(8)), *((17 + index, 26 - index) for index in range(5)),
    (31, 35), (32, 34), *zip((36, 37, 38, 39, 40, 41), (45, 44, 43, 42, 47, 46)),
    *((48 + index, 54 - index) for index in range(3)), (59, 55), (58, 56), (60, 64), (61, 63),
    (67, 65)
]
_FACE_CHAINS = (range(17), range(17, 22), range(22, 27), range(27, 31), range(31, 36),
                (*range(36, 42), 36), (*range(42, 48), 42), (*range(48, 60), 48),
                (*range(60, 68), 60), (30, 33, 51, 62), (21, 27, 22))
_FINGERS = ('thumb', 'forefinger', 'middle_finger', 'ring_finger', 'pinky_finger')


def _face_names() -> list[str]:
    names = [f'face_{index}' for index in range(68)]
    for right, left in _FACE_PAIRS:  # the image's left side is the person's right
        names[right], names[left] = f'right_face_{right}', f'left_face_{right}'
    return names


def _whole_body() -> None:
    face = _face_names()
    hand = ['hand_root', *(f'{finger}{index}' for finger in _FINGERS for index in range(1, 5))]
    joints = [*_COCO_JOINTS]
    joints += [
        f'{side}_{part}' for side in ('left', 'right') for part in ('big_toe', 'small_toe', 'heel')
    ]
    joints += face
    joints += [f'{side}_{part}' for side in ('left', 'right') for part in hand]
    bones = [f'{face[a]}-{face[b]}' for chain in _FACE_CHAINS for a, b in zip(chain, chain[1:])]
    bones += ['nose-face_30', *_both(['ear-face_0', 'eye-face_36', *_FEET, 'wrist-hand_root'])]
    bones += _both([f'hand_root-{finger}1' for finger in _FINGERS])
    bones += _both(
        [f'{finger}{index}-{finger}{index + 1}' for finger in _FINGERS for index in range(1, 4)])
    register_layout('wholebody133', joints, [*_COCO_BONES, *bones])


_whole_body()
