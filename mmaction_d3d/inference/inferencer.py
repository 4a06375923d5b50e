"""From videos to labels: MMAction2's manner of inferencer, for RGB and skeletons."""
from collections.abc import Sequence
from pathlib import Path

from mmengine.config import Config
from mmengine.infer import BaseInferencer
from mmengine.logging import print_log
from mmengine.registry import init_default_scope
from torch import nn

from ..drop_report import DropReport
from ..errors import InputError
from ..media import DEFAULT_FPS, Media, as_media, find_media, tell_apart
from ..progress import Progress
from .annotate import write_annotated, write_timeline
from .clips import TestPipeline
from .entries import Arrays, Video, items_of, skeletons_of
from .load import check_arguments, with_skeletons
from .loading import load_model
from .recognize import Options, attempt, recognize
from .records import Failure
from .result import Prediction, Recognition, prediction_of, write_json
from .skeletons import Extractor, GivenSkeletons, Origin, PickledSkeletons
from .windows import window_lengths

Answer = Recognition | Failure


class D3DInferencer(BaseInferencer):
    """Recognize actions in videos with the skeletons of the same frames.

    The model's input is made by the config's own test pipeline: the scores of a video are those of
    ``tools/test.py``, to 1e-5: here batch norms are folded into convolutions.

    Args:
        model: Config, a file or its content. None: the checkpoint's own, of which no code is run.
        weights: Checkpoint, a path or URL.
        device: Defaults to None: a GPU where one is.
        skeletons: Annotation pickle.
        extractor: Takes a path, returns one annotation; its ``layout`` names the joints. Used
            where no pickle is given.
        scope: Registry scope.
        show_progress: Whether to print lines of progress.
        compile_mode: Compile the network by ``torch.compile`` in this mode: ``'default'``,
            ``'reduce-overhead'`` (CUDA graphs) or ``'max-autotune'``. It pays where many clips of
            one size follow: the first batch of each size takes the time of a compilation, which is
            printed. Defaults to None: the network runs as it is.
        modality: What of a video the model is given: ``'both'``, ``'rgb'`` (no skeletons are found
            or read) or ``'pose'`` (no frames; with the pickle as input, all of its clips are
            recognized without their videos). Defaults to None: what it was trained on.
        dtype: Type that scores are computed in, ``'float32'``, ``'bfloat16'`` or ``'float16'``:
            faster on hardware that has it, and scores differ a little.

    Attributes:
        classes: Names of the classes, where they are known.
        layout: Joints that the model takes.
        modality: What of a video it is given.

    Raises:
        InputError: The config, the checkpoint or the pickle cannot be used, or do not fit.
    """

    def __init__(self, model: str | Path | Config | None, weights: str | Path,
                 device: str | None = None, skeletons: str | Path | None = None,
                 extractor: Extractor | None = None, scope: str = 'mmaction',
                 show_progress: bool = True, compile_mode: str | None = None,
                 modality: str | None = None, dtype: str = 'float32') -> None:
        init_default_scope(scope)
        loaded = load_model(weights, model, device, compile_mode, modality, dtype)
        self._loaded, self._origin = with_skeletons(loaded, skeletons, extractor)
        super().__init__(loaded.config, str(weights), device, scope, show_progress)
        self.classes, self.layout = self._loaded.classes, loaded.layout
        self.modality = loaded.modality

    def extract_with(self, extractor: Extractor) -> None:
        """Find skeletons by an extractor, where there is no pickle; arguments of the class."""
        self._loaded, self._origin = with_skeletons(self._loaded, None, extractor)

    def __call__(self, inputs: Video | Sequence[Video], batch_size: int = 8,
                 skeletons: Arrays | Sequence[Arrays] | None = None,
                 out_dir: str | Path | None = None, video: bool = True, attention: bool = True,
                 topk: int = 5, fps: float = DEFAULT_FPS, window: float | None = None,
                 stride: float | None = None, smooth: float | None = None, per_person: bool = False,
                 share_features: bool = False) -> dict[str, list]:
        """Recognize.

        Args:
            inputs: Videos, frame folders, directories, globs, or frames in memory: one or a list.
                Frames of a video are T x H x W x 3 uint8, RGB, or a list of H x W x 3.
            batch_size: Clips, or windows, that go through the model at once.
            skeletons: Arrays, one dict or ``keypoint`` for each video: see
                :class:`~mmaction_d3d.inference.skeletons.GivenSkeletons`.
            out_dir: Folder for a JSON, an annotated mp4 and, with windows, a timeline of each
                video. Defaults to None: nothing is written.
            video: Whether to draw annotated videos there.
            attention: Whether to draw attention on them, which takes a second pass of the model.
            topk: Classes in an answer.
            fps: Of frame folders, and of frames in memory.
            window: Seconds; recognize a long video window by window. Defaults to None: each video
                is one clip, as in a test.
            stride: Seconds between windows. Defaults to None: half a window.
            smooth: Seconds over which scores are averaged. Defaults to None: a window.
            per_person: Whether to answer for each person alone, too, and to draw it at the person:
                ``tracks`` of a prediction.
            share_features: Whether windows of a batch share the features of frames that they all
                show: faster, and scores differ a little.

        Returns:
            ``predictions``, one dict for each video (sorted by name; with arrays or frames in
            memory, in the order given), which has ``error`` in place of an answer where a video
            cannot be used; and ``visualization``, the paths of the annotated videos, None where
            there is none.

        Raises:
            InputError: An input does not exist, there are no skeletons, or arguments do not fit.
        """
        check_arguments(self._loaded, skeletons, per_person)
        sources, origin = self._find(inputs, skeletons)
        if out_dir is not None:
            _make_folder(out_dir)
        draw = video and out_dir is not None
        options = Options(batch_size, attention and draw, fps,
                          window_lengths(window, stride, smooth, share_features),
                          self.show_progress, per_person, share_features)
        predictions, drawn = [], []
        with Progress('videos', len(sources), shown=self.show_progress) as progress:
            for answer in recognize(sources, origin, self._loaded, options):
                path = out_dir and str(Path(out_dir, answer.name))
                if path and draw:
                    answer = self.visualize(answer, path, topk)
                predictions.append(self.postprocess(answer, topk))
                drawn.append(predictions[-1].get('video'))
                if path:
                    write_json(f'{path}.json', predictions[-1])
                    if isinstance(answer, Recognition) and answer.timeline is not None:
                        write_timeline(answer, answer.timeline, f'{path}_timeline.png', topk)
                progress.step()
        return dict(predictions=predictions, visualization=drawn)

    def visualize(self, answer: Answer, path: str, topk: int = 5) -> Answer:
        """Draw the annotated video of a source.

        Args:
            answer: The source's.
            path: Of the video, without its suffix.
            topk: Bars.

        Returns:
            The answer with its ``video``; what is wrong where that cannot be drawn.
        """
        if isinstance(answer, Failure):
            return answer
        return attempt(answer, 'drawing', write_annotated, answer, f'{path}.mp4', topk,
                       self._loaded.pipeline)

    def postprocess(self, answer: Answer, topk: int = 5) -> Prediction:
        """Return an answer as plain numbers and text; see :func:`.result.prediction_of`."""
        return prediction_of(answer, topk)

    def _find(self, inputs: Video | Sequence[Video],
              skeletons: Arrays | Sequence[Arrays] | None) -> tuple[list[Media], Origin]:
        """Return the sources, and where their skeletons come from."""
        items = items_of(inputs)
        if (self._loaded.modality == 'pose' and isinstance(self._origin, PickledSkeletons)
                and items == [self._origin.path]):
            return self._origin.media(), self._origin
        paths = [item for item in items if isinstance(item, str)]
        origin = self._origin
        if skeletons is not None or len(paths) < len(items):  # in the order of the inputs
            sources = tell_apart(map(as_media, items))
            if skeletons is not None:
                return sources, GivenSkeletons(skeletons_of(skeletons, len(sources)), sources)
            if origin is not None:
                return sources, origin
        if origin is None:
            raise InputError('D3DInferencer', 'skeletons', 'none',
                             'a pickle, arrays, or an extractor')
        report = DropReport()
        sources = find_media(paths, report.add)
        for line in report.lines():
            print_log(line)
        return sources, origin

    def _init_model(self, cfg: Config, weights: str, device: str = 'cpu') -> nn.Module:
        return self._loaded.network

    def _init_pipeline(self, cfg: Config) -> TestPipeline:
        return self._loaded.pipeline

    def _init_visualizer(self, cfg: Config) -> None:
        return None  # videos are drawn frame by frame, by `write_annotated`


def _make_folder(path: str | Path) -> None:
    try:
        Path(path).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(path, 'out', error.strerror, 'a folder that can be written to') from error
