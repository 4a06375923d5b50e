"""From videos to labels: MMAction2's manner of inferencer, for RGB and skeletons."""
import os
import time
from contextlib import contextmanager

import torch
from mmengine.dataset import pseudo_collate
from mmengine.infer import BaseInferencer
from mmengine.logging import print_log
from mmengine.registry import init_default_scope

from ..errors import InputError
from ..media import DEFAULT_FPS, as_media, find_media, probe
from ..parallel import Progress
from ..prefetch import prefetch
from .annotate import write_annotated, write_timeline
from .attention_track import clip_attention
from .clips import TestPipeline, pipeline_fields
from .loading import layout_of, load_model, read_config, test_dataset
from .long_video import LongVideo
from .output import prediction_of, write_json
from .recognised import Recognised
from .skeletons import ExtractedSkeletons, GivenSkeletons, PickledSkeletons, skeleton_of

COMPILE_MODES = ('default', 'reduce-overhead', 'max-autotune')


class D3DInferencer(BaseInferencer):
    """Recognises actions in videos with the skeletons of the same frames.

    The model's input is made by the config's own test pipeline: the scores of a video are those of
    ``tools/test.py``.

    Args:
        model (str | Config): Config.
        weights (str): Checkpoint, a path or URL.
        device (str, optional): Defaults to None: a GPU where one is.
        skeletons (str, optional): Annotation pickle.
        extractor (Callable, optional): Takes a path, returns one annotation; its ``layout`` names
            the joints. Used where no pickle is given.
        scope (str): Registry scope. Defaults to ``'mmaction'``.
        show_progress (bool): Whether to print lines of progress. Defaults to True.
        compile_mode (str, optional): Compile the network by ``torch.compile`` in this mode:
            ``'default'``, ``'reduce-overhead'`` (CUDA graphs) or ``'max-autotune'``. It pays where
            many clips of one size follow: the first batch of each size takes the time of a
            compilation, which is printed. Defaults to None: the network runs as it is.

    Attributes:
        classes (list[str] | None): Names of the classes.
        layout (SkeletonLayout): Joints that the model takes.

    Raises:
        InputError: The config, the checkpoint or the pickle cannot be used, or do not fit.
    """

    def __init__(self, model, weights, device=None, skeletons=None, extractor=None,
                 scope='mmaction', show_progress=True, compile_mode=None):
        if compile_mode not in (None, *COMPILE_MODES):
            raise InputError('D3DInferencer', 'compile_mode', compile_mode,
                             f'one of {", ".join(COMPILE_MODES)}, or None')
        init_default_scope(scope)
        cfg = read_config(model)
        self._dataset_cfg = test_dataset(cfg)
        self.layout = layout_of(cfg)
        self.num_person = self._dataset_cfg.get('num_person', 2)
        self._origin = None
        if skeletons is not None:
            self._origin = PickledSkeletons(str(skeletons), self._dataset_cfg.get('filename_tmpl'))
        elif extractor is not None:
            self._origin = ExtractedSkeletons(extractor, self.layout)
        super().__init__(cfg, str(weights), device, scope, show_progress)
        self._compile_mode, self._compiled = compile_mode, set()
        if compile_mode is not None:
            self.model.backbone.compile(mode=compile_mode)
        self.classes = (self._checkpoint_classes
                        or (self._dataset_cfg.get('metainfo') or {}).get('classes')
                        or getattr(self._origin, 'classes', None))

    def __call__(self, inputs, batch_size=8, skeletons=None, out_dir=None, video=True,
                 attention=True, topk=5, fps=DEFAULT_FPS, window=None, stride=None, smooth=None):
        """Recognise.

        Args:
            inputs (str | list[str]): Videos, frame folders, directories, globs.
            batch_size (int): Clips, or windows, that go through the model at once. Defaults to 8.
            skeletons (dict | list[dict], optional): Arrays, one dict for each video: see
                :class:`~mmaction_d3d.inference.skeletons.GivenSkeletons`.
            out_dir (str, optional): Folder for a JSON, an annotated mp4 and, with windows, a
                timeline of each video. Defaults to None: nothing is written.
            video (bool): Whether to draw annotated videos there. Defaults to True.
            attention (bool): Whether to draw attention on them, which takes a second pass through
                the model. Defaults to True.
            topk (int): Classes in an answer. Defaults to 5.
            fps (float): Of frame folders. Defaults to 25.
            window (float, optional): Seconds; recognise a long video window by window. Defaults to
                None: each video is one clip, as in a test.
            stride (float, optional): Seconds between windows. Defaults to None: half a window.
            smooth (float, optional): Seconds over which scores are averaged. Defaults to None: a
                window.

        Returns:
            dict: ``predictions``, one dict for each video (sorted by name; with arrays, in the
            order given), which has ``error`` in place of an answer where a video cannot be used;
            and ``visualization``, the paths of the annotated videos, None where there is none.

        Raises:
            InputError: An input does not exist, there are no skeletons, or arguments do not fit.
        """
        sources, origin = self._find(inputs, skeletons)
        if out_dir is not None:
            _make_folder(out_dir)
        attention = attention and video and out_dir is not None
        if window is None:
            found = self._whole_clips(sources, origin, batch_size, fps, attention)
        else:
            long_video = LongVideo(self, window, stride, smooth, batch_size, attention)
            found = (long_video(self._prepare(source, origin, fps)) for source in sources)
        predictions, drawn = [], []
        progress = Progress('videos', len(sources)) if self.show_progress else None
        for recognised in found:
            path = out_dir and os.path.join(out_dir, recognised.name)
            drawn.append(self.visualize(recognised, path, topk) if path and video else None)
            predictions.append(self.postprocess(recognised, drawn[-1], topk, origin.origin))
            if path:
                self._write(recognised, path, predictions[-1], topk)
            if progress:
                progress.step()
        return dict(predictions=predictions, visualization=drawn)

    def preprocess(self, sources, batch_size, origin, fps):
        """Decode and pack sources, in batches.

        Args:
            sources (list[Media]): What to recognise.
            batch_size (int): Sources a batch.
            origin (Callable): Where skeletons come from.
            fps (float): Of frame folders.

        Yields:
            list[Recognised]: ``packed``, or with their ``error``; all packed ones of one size.
        """
        batch, size = [], None
        for source in sources:
            item = self._prepare(source, origin, fps)
            if item.error is None:
                _timed(item, 'decoding', self._pack, item)
            own = None if item.packed is None else _sizes(item.packed)
            if batch and (len(batch) == batch_size or (size and own and own != size)):
                yield batch
                batch, size = [], None
            batch.append(item)
            size = size or own
        if batch:
            yield batch

    @torch.no_grad()
    def forward(self, packed, attention=False):
        """Score packed clips of one size.

        Args:
            packed (list[dict]): What the pipeline packed.
            attention (bool): Whether to compute attention maps, too.

        Returns:
            tuple[list[np.ndarray], list]: Scores of the classes of each clip, and what
            :func:`clip_attention` gives of each, None without attention.
        """
        batch = self.model.data_preprocessor(pseudo_collate(packed), False)
        with self._compile_time(len(packed), _sizes(packed[0])):
            samples = self.model(**batch, mode='predict')
        scores = [sample.pred_score.cpu().numpy() for sample in samples]
        if not attention:
            return scores, [None] * len(packed)
        # The maps come from a pass of its own, which is not worth a compilation.
        with torch.compiler.set_stance('force_eager'):
            return scores, [
                clip_attention(self.model, batch['inputs'], index, sample)
                for index, sample in enumerate(samples)
            ]

    @contextmanager
    def _compile_time(self, clips, size):
        """Say how long the first pass of a size took, where the network is compiled."""
        start = time.perf_counter()
        yield
        key = (clips, *sorted(size.items()))
        if self._compile_mode is not None and key not in self._compiled:
            self._compiled.add(key)
            print_log(
                f'torch.compile ({self._compile_mode}): first pass of {clips} clips '
                f'{time.perf_counter() - start:.1f} s', 'current')

    def visualize(self, recognised, path, topk=5):
        """Draw the annotated video of a source.

        Args:
            recognised (Recognised): The source.
            path (str): Of the video, without its suffix.
            topk (int): Bars.

        Returns:
            str | None: The video; None where the source cannot be used.
        """
        if recognised.error is not None:
            return None
        _timed(recognised, 'drawing', write_annotated, recognised, f'{path}.mp4', self.layout,
               self.classes, topk, self.pipeline)
        return None if recognised.error is not None else f'{path}.mp4'

    def postprocess(self, recognised, visualization, topk=5, origin=''):
        """Return the answer for a source as plain numbers and text; see :func:`prediction_of`."""
        return prediction_of(recognised, self.classes, topk, origin, self.layout, visualization)

    def _write(self, recognised, path, prediction, topk):
        write_json(f'{path}.json', prediction)
        if recognised.error is None and recognised.timeline is not None:
            write_timeline(recognised, f'{path}_timeline.png', self.classes, topk)

    def _find(self, inputs, skeletons):
        """Return the sources, and where their skeletons come from."""
        inputs = [inputs] if isinstance(inputs, (str, os.PathLike)) else inputs
        inputs = [os.fspath(path) for path in inputs]
        if skeletons is not None:  # one for each input, so in the order of these
            sources = [as_media(path) for path in inputs]
            given = [skeletons] if isinstance(skeletons, dict) else skeletons
            return sources, GivenSkeletons(given, sources)
        if self._origin is None:
            raise InputError('D3DInferencer', 'skeletons', 'none',
                             'a pickle, arrays, or an extractor')
        return find_media(inputs), self._origin

    def _prepare(self, source, origin, fps):
        """Probe a source and fetch its skeleton."""
        item = Recognised(source)

        def fetch():
            pipeline_fields(source)  # refuses frames with gaps in their numbers
            item.info = probe(source, folder_fps=fps)
            skeleton, item.info, notes = skeleton_of(source, item.info, origin, self.layout,
                                                     self.num_person)
            item.notes.extend(notes)
            item.take_skeleton(skeleton)

        _timed(item, 'skeleton', fetch)
        return item

    def _pack(self, item):
        item.packed = self.pipeline(item.source, item.skeleton)

    def _whole_clips(self, sources, origin, batch_size, fps, attention):
        """Yield each source recognised as one clip, while the next ones are decoded."""
        for batch in prefetch(self.preprocess(sources, batch_size, origin, fps)):
            good = [item for item in batch if item.error is None]
            start = time.monotonic()
            scores, maps = self._score(good, attention) if good else ([], [])
            for item, own, attended in zip(good, scores, maps):
                item.scores, item.packed = own, None
                item.seconds['model'] = (time.monotonic() - start) / len(good)
                if attention:
                    item.take_attention(0, attended)
            yield from batch

    def _score(self, items, attention):
        """Scores and maps of packed sources; none where the model refuses their size."""
        try:
            return self.forward([item.packed for item in items], attention)
        except InputError as error:
            for item in items:
                item.error = error
            return [], []

    def _init_model(self, cfg, weights, device='cpu'):
        model, self._checkpoint_classes = load_model(cfg, weights, device)
        model.cfg = cfg
        return model

    def _init_pipeline(self, cfg):
        return TestPipeline(self._dataset_cfg['pipeline'], self.num_person)

    def _init_visualizer(self, cfg):
        return None  # videos are drawn frame by frame, by `write_annotated`


def _timed(item, step, function, *args):
    """Run a step of one source, whose mistakes stay its own."""
    start = time.monotonic()
    try:
        function(*args)
    except InputError as error:
        item.error = error
    item.seconds[step] = time.monotonic() - start


def _make_folder(path):
    try:
        os.makedirs(path, exist_ok=True)
    except OSError as error:
        raise InputError(path, 'out', error.strerror, 'a folder that can be written to') from error


def _sizes(packed):
    return {key: tuple(tensor.shape) for key, tensor in packed['inputs'].items()}
