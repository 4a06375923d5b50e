"""Pipeline steps that keep RGB frames and skeletons together."""
from .cropping import CropSizeCheck
from .decoding import AlignedDecode
from .flip import JointFlip
from .heatmap import GenerateJointHeatmap
from .packing import PackRGBPose
from .padding import SquarePad
from .sampling import AlignedSampleFrames

__all__ = [
    'AlignedDecode', 'AlignedSampleFrames', 'CropSizeCheck', 'GenerateJointHeatmap', 'JointFlip',
    'PackRGBPose', 'SquarePad'
]
