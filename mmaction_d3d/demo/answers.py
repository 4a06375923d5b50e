"""What the page says of a video: answer, annotated video, pictures."""
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from mmengine.registry import init_default_scope

from ..datasets.synthetic.clips import Clip
from ..datasets.synthetic.generate import encode
from ..errors import InputError
from ..evaluation.attention_maps import JointMaps
from ..evaluation.explain import explain_packed
from ..extraction import SkeletonExtractor, first_backend
from ..files import is_file, write_bytes
from ..inference.annotate import write_annotated
from ..inference.load import with_skeletons
from ..inference.loading import load_model
from ..inference.recognize import Options, recognize
from ..inference.records import Failure
from ..inference.result import Recognition
from ..inference.skeletons import ExtractedSkeletons, GivenSkeletons, NoSkeletons, Origin
from ..media import as_media
from ..visualization import write_picture
from ..visualization.pictures.attention import attention_sheet
from ..visualization.pictures.joints import joint_chart
from .limits import Limits

#: Where ``make quickstart`` leaves its model.
CHECKPOINT = 'work_dirs/quickstart/best.pth'
_TOPK = 5


@dataclass(frozen=True, eq=False)
class Shown:
    """What the page shows of a video.

    Attributes:
        answer: The model's.
        video: Path of the video with skeletons, attention and bars.
        attention, joints: Paths of pictures; None where the model has no such attention.
    """
    answer: Recognition
    video: str
    attention: str | None
    joints: str | None


class Answers:
    """Recognizes videos by one model.

    Args:
        checkpoint: The model.
        folder: For the sample and what is drawn.
        device: Defaults to None: a GPU where one is.
        limits: What is taken.

    Attributes:
        sample: Path of a drawn clip, whose skeletons are known.
        trained_on: The data that the model was trained on.

    Raises:
        InputError: There is no such checkpoint, or it cannot be used.
    """

    def __init__(self, checkpoint: str, folder: Path, device: str | None = None,
                 limits: Limits | None = None) -> None:
        if '://' not in checkpoint and not is_file(checkpoint):
            raise InputError(checkpoint, 'checkpoint', 'no such file',
                             'one: make quickstart trains it, --checkpoint names another')
        init_default_scope('mmaction')
        self._model, _ = with_skeletons(load_model(checkpoint, device=device), None)
        self._folder, self._device, self.limits = folder, device, limits or Limits()
        self._origin: Origin | None = None
        clip = Clip(0, 'pair', 'test', 0, 240, 96, 32)  # the first test clip of make_synthetic.py
        self.sample = str(folder / 'sample.mp4')
        write_bytes(self.sample, encode(clip.frames()))
        main = clip.annotation['main_person']
        self._known = {
            name: clip.annotation[name][main:main + 1] for name in ('keypoint', 'keypoint_score')
        }
        self.trained_on = self._model.trained_on or 'unknown data'

    def __call__(self, path: str) -> Shown:
        """Recognize a video.

        Raises:
            InputError: It cannot be used, or is larger than what is taken.
        """
        self.limits.check(path)
        media = as_media(path)
        answer, = recognize([media], self._origin_of(path), self._model, Options(attention=True))
        if isinstance(answer, Failure):
            raise InputError(
                Path(path).name, 'video', answer.error.found or str(answer.error), answer.error.want
                or 'a video that can be recognized')
        out = Path(tempfile.mkdtemp(dir=self._folder))
        answer = write_annotated(answer, str(out / 'skeletons_and_attention.mp4'), _TOPK,
                                 self._model.pipeline)
        return Shown(answer, str(answer.video), *self._pictures(answer, out))

    def _pictures(self, answer: Recognition, out: Path) -> tuple[str | None, str | None]:
        packed = self._model.pipeline(answer).packed
        if answer.attention is None or 'keypoint' not in packed['inputs']:
            return None, None
        explained = explain_packed(self._model.network, packed, self._model.layout,
                                   self._model.classes)._replace(name=answer.name)
        attention, joints = out / 'attention.png', out / 'joints.png'
        frames = np.unique(np.linspace(0, len(explained.frames) - 1, 6).round().astype(int))
        write_picture(attention, attention_sheet(explained, frames.tolist()))
        if explained.maps.get(JointMaps) is None:
            return str(attention), None
        write_picture(joints, joint_chart(explained))
        return str(attention), str(joints)

    def _origin_of(self, path: str) -> Origin:
        if self._model.modality == 'rgb':
            return NoSkeletons()
        # Gradio hands over copies.
        if Path(path).read_bytes() == Path(self.sample).read_bytes():
            return GivenSkeletons([self._known], [as_media(path)])
        if self._origin is None:
            extractor = SkeletonExtractor(first_backend(self._device), device=self._device)
            self._origin = ExtractedSkeletons(extractor, self._model.layout)
        return self._origin
