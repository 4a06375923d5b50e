"""Pose tokens P from F_a and the skeleton (section 3.1, eq. 1 and 2)."""
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from mmaction.registry import MODELS
from torch import Tensor, nn

from ...errors import InputError
from .coordinates import coordinate_features, coordinate_width
from .joint_heatmaps import joint_profiles, joints_from_heatmaps


@MODELS.register_module()
class PoseTokens(nn.Module):
    """Features of F_a pooled under each joint's heatmap, projected to the token width.

    Paper symbols: P -> the returned tokens, H_{t,r} -> ``heatmaps`` or, separated, the profiles of
    :func:`joint_profiles`, R = M * V -> the third axis.

    Eq. 1 keeps what a joint looks like and drops which joint it is and where. ``embed='coords'``
    adds embeddings of the joint, the person slot, the frame and of (x, y, score), centred and
    scaled by the visible joints of the clip, and stands in one learned vector for a missing joint.

    Args:
        in_channels: C, channels of F_a.
        embed_dims: Token width, 4C.
        num_joints: V.
        num_person: M.
        sigma: Standard deviation of the heatmaps in cells of F_a. Defaults to 1.
        use_score: Whether scores weight the heatmaps. Defaults to True.
        embed: ``'coords'`` or ``'none'``, the paper's letter. Defaults to ``'coords'``.
        octaves: With ``'coords'``, sines and cosines of the coordinates at this many frequencies go
            into the embedding, too. Defaults to 0.
        motion_lags: With ``'coords'``, so do differences of the coordinates over these numbers of
            frames. Defaults to none.
        body: Whether there is a body token too, for M_pose: a network of two layers of all
            coordinates, scores and differences of a frame, R (3 + 2 lags) numbers. Pose tokens
            meet in attention alone; it sees the body at once. Defaults to False.
        order_people: With ``'coords'``, whether people are told apart by their place from left to
            right, by the mean x of their joints over the clip: an embedding of the place stands in
            for the slot's, and the body token takes people in this order. The skeleton's own order
            often tells nothing. P keeps it. Defaults to False.
    """

    person_embed: nn.Parameter
    place_embed: nn.Parameter

    def __init__(self, in_channels: int, embed_dims: int, num_joints: int, num_person: int,
                 sigma: float = 1., use_score: bool = True, embed: str = 'coords', octaves: int = 0,
                 motion_lags: Sequence[int] = (), body: bool = False,
                 order_people: bool = False) -> None:
        super().__init__()
        if embed not in ('coords', 'none'):
            raise InputError('PoseTokens', 'embed', embed, "'coords' or 'none'")
        if not sigma > 0:
            raise InputError('PoseTokens', 'sigma', sigma, 'more than 0')
        if octaves < 0:
            raise InputError('PoseTokens', 'octaves', octaves, '0 or more')
        if any(lag < 1 for lag in motion_lags):
            raise InputError('PoseTokens', 'motion_lags', motion_lags, 'frames, each 1 or more')
        self.octaves, self.motion_lags = octaves, tuple(motion_lags)
        self.least_frames = max(self.motion_lags, default=0) + 1
        self.sigma, self.use_score, self.embed = sigma, use_score, embed
        self.num_joints, self.order_people = num_joints, order_people
        self.projection = nn.Linear(in_channels, embed_dims)
        self.norm = nn.LayerNorm(embed_dims)
        if embed == 'coords':
            self.joint_embed = nn.Parameter(torch.randn(num_joints, embed_dims) * 0.02)
            people = nn.Parameter(torch.randn(num_person, embed_dims) * 0.02)
            # Another name, so that weights of one form are not loaded into the other.
            self.register_parameter('place_embed' if order_people else 'person_embed', people)
            self.missing_token = nn.Parameter(torch.randn(embed_dims) * 0.02)
            self.coord_mlp = _two_layers(coordinate_width(octaves, motion_lags), embed_dims)
        self.body_mlp = None
        if body:
            self.body_width = num_person * num_joints * coordinate_width(0, motion_lags)
            self.body_mlp = _two_layers(self.body_width, embed_dims)

    def forward(self, features: Tensor, time_embed: Tensor | None, keypoint: Tensor | None = None,
                heatmaps: Tensor | None = None) -> tuple[Tensor, ...]:
        """Make the tokens from either form of the skeleton.

        Args:
            features: F_a, B x C x T x H/2 x W/2.
            time_embed: Embedding of the frames, T x 4C; read by ``'coords'``.
            keypoint: x, y in input pixels and score, B x T x R x 3.
            heatmaps: Heatmaps of eq. 2, B x T x R x H/2 x W/2.

        Returns:
            P, B x T x R x 4C; which joints are visible, bool, B x T x R; and the body token,
            B x T x 4C, where there is one.
        """
        # float32 also under autocast: positions of up to 112 cells do not fit bfloat16.
        with torch.autocast(features.device.type, enabled=False):
            dtype = torch.promote_types(features.dtype, torch.float32)
            planes = features.to(dtype).transpose(1, 2)  # B x T x C x H/2 x W/2
            if keypoint is not None:
                profiles = joint_profiles(keypoint.to(dtype), planes.shape[-2:], self.sigma,
                                          self.use_score)
                # First along x, then along y: no heatmap is ever stored.
                pooled = planes.flatten(2, 3) @ profiles.columns.transpose(-1, -2)
                pooled = pooled.unflatten(2, planes.shape[2:4])  # B x T x C x H/2 x R
                pooled = torch.einsum('btchr,btrh->btrc', pooled, profiles.rows)
            else:
                assert heatmaps is not None  # the other form
                heatmaps = heatmaps.to(dtype)
                profiles = joints_from_heatmaps(heatmaps, self.sigma, self.use_score)
                pooled = heatmaps.flatten(3) @ planes.flatten(3).transpose(-1, -2)
        tokens = self.norm(self.projection(pooled))
        if self.embed == 'coords':
            assert time_embed is not None  # made for every embedding
            tokens = torch.where(profiles.visible.unsqueeze(-1), tokens,
                                 self.missing_token.to(tokens))
            tokens = tokens + self._embedding(profiles.joints, profiles.visible, time_embed)
        if self.body_mlp is None:
            return tokens, profiles.visible
        body = self._body(self.body_mlp, profiles.joints, profiles.visible)
        return tokens, profiles.visible, body

    def _body(self, mlp: nn.Sequential, joints: Tensor, visible: Tensor) -> Tensor:
        """One token of all joints of a frame, B x T x 4C."""
        body = coordinate_features(joints, visible, lags=self.motion_lags)
        if self.order_people:
            people = body.unflatten(2, (-1, self.num_joints))  # B x T x M x V x width
            order = self._left_to_right(joints, visible)[:, None, :, None, None]
            body = people.gather(2, order.expand_as(people)).flatten(2, 3)
        body = body.flatten(2)
        # Heatmaps that merge people have the joints of the first person slot.
        return mlp(F.pad(body, (0, self.body_width - body.shape[-1])))

    def _embedding(self, joints: Tensor, visible: Tensor, time_embed: Tensor) -> Tensor:
        """Which joint, whose, when and where, B x T x R x 4C."""
        # People are concatenated along R, person-major. Heatmaps that merge people have V joint
        # tokens a frame: those of the first person slot.
        num_person = joints.shape[2] // self.num_joints
        if self.order_people:
            places = self._left_to_right(joints, visible).argsort(dim=1)  # B x M
            people = self.place_embed[places]
        else:
            people = self.person_embed[:num_person]
        identity = (people.unsqueeze(-2) + self.joint_embed).flatten(-3, -2)  # R x 4C
        coords = coordinate_features(joints, visible, self.octaves, self.motion_lags)
        return identity.unsqueeze(-3) + time_embed[:, None] + self.coord_mlp(coords)

    def _left_to_right(self, joints: Tensor, visible: Tensor) -> Tensor:
        """Person slots by the mean x of their visible joints, those without any last, B x M."""
        seen = visible.unflatten(2, (-1, self.num_joints)).to(joints.dtype)
        x = joints[..., 0].unflatten(2, (-1, self.num_joints)) * seen
        count = seen.sum(dim=(1, 3))
        mean = x.sum(dim=(1, 3)) / count.clamp(min=1)
        return mean.masked_fill(count == 0, torch.inf).argsort(dim=1, stable=True)


def _two_layers(width: int, embed_dims: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(width, embed_dims), nn.GELU(), nn.Linear(embed_dims, embed_dims))
