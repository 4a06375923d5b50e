"""What a test's scores say beside accuracy: calibration, and accuracy with others' scores added."""
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from mmaction.evaluation import top_k_accuracy
from mmaction.registry import METRICS
from mmengine.dataset import BaseDataset
from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log

from ..errors import InputError
from .calibration import (
    TEMPERATURES,
    expected_calibration_error,
    fit_temperature,
    log_probabilities,
    negative_log_likelihood,
    scale,
)
from .fusion import check_classes, check_same_clips, scores_by_name
from .intervals import wilson_interval
from .run_records import TestedClips, clips_file, read_clips
from .samples import clip_name


class _ScoreMetric(BaseMetric):
    """Keeps name, label and scores of each clip that has one label and one set of scores.

    Args:
        dumps: Files of ``DumpClipsHook``, or the pickles beside them.
        **kwargs: Arguments of ``BaseMetric``.
    """

    def __init__(self, dumps: Sequence[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dumps = {path: read_clips(path) for path in map(clips_file, dumps)}

    def process(self, data_batch: Any, data_samples: Sequence[dict[str, Any]]) -> None:
        """Keep the clips of a batch."""
        for sample in data_samples:
            score, label = sample['pred_score'], sample['gt_label']
            self.results.append((clip_name(sample), int(label), score.float().cpu().numpy()
                                 ) if torch.is_tensor(score) and label.numel() == 1 else None)

    def compute_metrics(self, results: list[Any]) -> dict[str, float]:
        """Compute what the subclass measures, where clips have one label."""
        if None in results:
            if self.dumps:
                raise InputError(
                    'test', 'gt_label', 'several labels of a clip, or several scores',
                    f'one label and one set of scores, as in {next(iter(self.dumps))}')
            print_log(
                f'{type(self).__name__}: nothing is measured, as clips have several labels '
                'or the model several sets of scores', 'current')
            return {}
        names, labels, scores = zip(*results)
        return self.measure(names, np.array(labels), np.stack(scores))

    def measure(self, names: Sequence[str | None], labels: np.ndarray,
                scores: np.ndarray) -> dict[str, float]:
        """Measure.

        Args:
            names: Of N clips.
            labels: N.
            scores: N x classes.
        """
        raise NotImplementedError

    def check(self, names: Sequence[str], num_classes: int) -> None:
        """Check files against what will be tested, before the test.

        Args:
            names: Of all clips.
            num_classes: Of the model.

        Raises:
            InputError: A file does not fit.
        """
        raise NotImplementedError


@METRICS.register_module()
class CalibrationMetric(_ScoreMetric):
    """Expected calibration error and negative log-likelihood, in 15 bins (Guo et al., ICML 2017).

    Args:
        val_dump: File of ``DumpClipsHook`` with scores of the same model on other clips. A
            temperature is fitted on them, and both figures are given with it, too. Defaults to
            None.
        **kwargs: Arguments of ``BaseMetric``.
    """
    default_prefix = 'calibration'

    def __init__(self, val_dump: str | None = None, **kwargs: Any) -> None:
        super().__init__([] if val_dump is None else [val_dump], **kwargs)

    def check(self, names: Sequence[str], num_classes: int) -> None:
        """Check that the temperature is fitted on clips that are not tested."""
        tested = set(names)
        for path, dump in self.dumps.items():
            check_classes(path, dump, num_classes)
            for name in dump.name.tolist():
                if name in tested:
                    raise InputError(path, 'name', f'the clip {name}, which is tested',
                                     'clips that are not, to fit the temperature on')

    def measure(self, names: Sequence[str | None], labels: np.ndarray,
                scores: np.ndarray) -> dict[str, float]:
        """Compute ``ece`` and ``nll``, and with a dump ``temperature`` and both after it."""
        log_probs, kind = log_probabilities(scores)
        figures = _both(log_probs, labels)
        _say(f'Calibration on {len(labels)} clips, of scores that are {kind}', figures)
        self.check([name for name in names if name is not None], scores.shape[1])
        for path, dump in self.dumps.items():
            temperature = self._fit(path, dump)
            scaled = _both(scale(log_probs, temperature), labels)
            _say('With this temperature', scaled)
            figures |= dict(temperature=temperature, ece_scaled=scaled['ece'],
                            nll_scaled=scaled['nll'])
        return figures

    def _fit(self, path: str, dump: TestedClips) -> float:
        log_probs, kind = log_probabilities(dump.score)
        temperature = fit_temperature(log_probs, dump.label)
        print_log(
            f'Temperature {temperature:.4g}, fitted on {len(log_probs)} clips of {path} ({kind})',
            'current')
        low, high = TEMPERATURES
        if not low * 1.01 < temperature < high / 1.01:
            print_log(
                f'It is an end of the range {low:g} to {high:g}: no temperature is best where no '
                'clip is wrong, or labels are no more probable than other classes', 'current')
        return temperature


@METRICS.register_module()
class FusionMetric(_ScoreMetric):
    """Top-1 of this model, of others whose scores were stored, and of the weighted mean of all.

    Scores become probabilities first, and are added by the names of the clips.

    Args:
        dumps: Files of ``DumpClipsHook`` of the same clips.
        weights: Weight of this model and of each file. ``None`` weighs all alike. Defaults to None.
        **kwargs: Arguments of ``BaseMetric``.
    """
    default_prefix = 'fusion'

    def __init__(self, dumps: Sequence[str], weights: Sequence[float] | None = None,
                 **kwargs: Any) -> None:
        super().__init__(dumps, **kwargs)
        if len(self.dumps) < len(dumps):
            raise InputError('FusionMetric', 'dumps (--fuse)', ', '.join(dumps), 'each file once')
        self.weights = [1.0] * (len(dumps) + 1) if weights is None else list(weights)
        if len(self.weights) != len(dumps) + 1 or sum(self.weights) <= 0:
            raise InputError('FusionMetric', 'weights (--fuse-weights)',
                             ' '.join(map(str, self.weights)),
                             f'{len(dumps) + 1} numbers, that of this checkpoint first, not all 0')

    def check(self, names: Sequence[str], num_classes: int) -> None:
        """Check that all files hold the clips and classes of the test."""
        for path, dump in self.dumps.items():
            check_classes(path, dump, num_classes)
            check_same_clips(path, dump, names)

    def measure(self, names: Sequence[str | None], labels: np.ndarray,
                scores: np.ndarray) -> dict[str, float]:
        """Compute ``top1``, its interval ``low`` and ``high``, ``ece`` and ``nll`` of the mean.

        ``alone_0`` is top-1 of this model, ``alone_1`` that of the first file, and so on.
        """
        if None in names:
            raise InputError('test', 'name', 'a clip without frame_dir or filename',
                             'one of them in the meta_keys of the pipeline')
        known = [str(name) for name in names]
        self.check(known, scores.shape[1])
        streams = {'this checkpoint': scores} | {
            path: scores_by_name(path, dump, known, labels.tolist())
            for path, dump in self.dumps.items()
        }
        print_log(f'Top-1 of {len(labels)} clips with 95 % intervals (Wilson)', 'current')
        figures, probabilities = {}, []
        for index, (name, stream) in enumerate(streams.items()):
            log_probs, kind = log_probabilities(stream)
            probabilities.append(np.exp(log_probs))
            figures[f'alone_{index}'], *_ = _top1(name, stream, labels,
                                                  f', {kind}, weight {self.weights[index]:g}')
        mean = np.average(probabilities, axis=0, weights=self.weights)
        top1, low, high = _top1('fused', mean, labels)
        calibration = _both(log_probabilities(mean)[0], labels)
        _say(f'Calibration of the fused probabilities on {len(labels)} clips', calibration)
        return figures | dict(top1=top1, low=low, high=high) | calibration


def check_dumps(metrics: Sequence[BaseMetric], dataset: BaseDataset, num_classes: int) -> None:
    """Check the files of a test's metrics against what will be tested.

    Args:
        metrics: Of the test.
        dataset: The data set of the test.
        num_classes: Of the model.

    Raises:
        InputError: A file does not fit.
    """
    names = [str(clip_name(dataset.get_data_info(index))) for index in range(len(dataset))]
    for metric in metrics:
        if isinstance(metric, _ScoreMetric):
            metric.check(names, num_classes)


def _both(log_probs: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    return dict(ece=expected_calibration_error(log_probs, labels),
                nll=negative_log_likelihood(log_probs, labels))


def _say(where: str, figures: dict[str, float]) -> None:
    print_log(f'{where}: ECE {figures["ece"]:.4f}, NLL {figures["nll"]:.4f}', 'current')


def _top1(name: str, scores: np.ndarray, labels: np.ndarray,
          remark: str = '') -> tuple[float, float, float]:
    """Measure as MMAction2's ``AccMetric`` does, which decides between equal scores, and say it."""
    top1 = float(top_k_accuracy(scores, labels, (1, ))[0])
    low, high = wilson_interval(round(top1 * len(labels)), len(labels))
    print_log(f'{name}{remark}: {top1:.2%} ({low:.2%} to {high:.2%})', 'current')
    return top1, low, high
