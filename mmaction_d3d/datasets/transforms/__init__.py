"""Pipeline steps that keep RGB frames and skeletons together."""
from .affine import RandomAffine
from .cropping import CropSizeCheck
from .decoding import AlignedDecode
from .flip import JointFlip
from .heatmap import GenerateJointHeatmap
from .joint_augmentation import JointDrop, JointNoise, PersonExchange
from .mirrored_views import MirroredViews
from .modality_drop import ModalityDrop
from .packing import PackRGBPose
from .padding import SquarePad
from .person_crop import PersonCrop
from .sampling import AlignedSampleFrames

__all__ = [
    'AlignedDecode', 'AlignedSampleFrames', 'CropSizeCheck', 'GenerateJointHeatmap', 'JointDrop',
    'JointFlip', 'JointNoise', 'MirroredViews', 'ModalityDrop', 'PackRGBPose', 'PersonCrop',
    'PersonExchange', 'RandomAffine', 'SquarePad'
]
