"""The parts of the paper's figure 2, one a file."""
from .attention import AttentionLayer
from .attention_record import AttentionRecord, Selection
from .block import D3DBlock, attention_class
from .cross_modal_tokens import CrossModalTokens
from .deformable_attention import DeformableAttention3D
from .deformable_maps import DeformableMaps
from .joint_maps import JointMaps
from .joint_stride_attention import JointStrideAttention
from .pathway_features import PathwayFeatures
from .pose_tokens import PoseTokens
from .rgb_tokens import RGBTokens
from .temporal_stride_attention import TemporalStrideAttention
from .token_search import TokenSearch
from .tokens import Tokens

__all__ = [
    'AttentionLayer', 'AttentionRecord', 'CrossModalTokens', 'D3DBlock', 'DeformableAttention3D',
    'DeformableMaps', 'JointMaps', 'JointStrideAttention', 'PathwayFeatures', 'PoseTokens',
    'RGBTokens', 'Selection', 'TemporalStrideAttention', 'TokenSearch', 'Tokens', 'attention_class'
]
