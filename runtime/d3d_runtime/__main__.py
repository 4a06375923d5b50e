"""Recognizes a video: python -m d3d_runtime MODEL.onnx VIDEO --skeletons X.npz."""
import argparse
import json
import sys

import numpy as np

from ._shared.errors import InputError
from .recognizer import Recognizer
from .version import __version__


def main() -> None:
    """Print the answer as a line of JSON."""
    parser = argparse.ArgumentParser(prog='d3d-runtime', description='Recognizes a video.')
    parser.add_argument('model', help='what d3d export --format onnx wrote')
    parser.add_argument('video', help='the video')
    parser.add_argument('--skeletons', required=True, metavar='X.npz',
                        help='arrays keypoint and keypoint_score, and perhaps img_shape')
    parser.add_argument('--version', action='version', version=f'd3d_runtime {__version__}')
    args = parser.parse_args()
    try:
        recognize = Recognizer(args.model)
        answer = recognize(args.video, _arrays(args.skeletons))
    except InputError as error:
        print(f'error: {error}', file=sys.stderr)
        sys.exit(2)
    print(
        json.dumps(
            dict(file=args.video, label=answer.index, score=answer.score,
                 scores=answer.scores.tolist(), trained_on=recognize.about.get('trained_on'))
            | {'class': answer.label}))


def _arrays(path: str) -> dict[str, np.ndarray]:
    """Read an npz file, none of whose content is run."""
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (OSError, ValueError, AttributeError) as error:
        raise InputError(path, 'skeletons', error, 'an npz file of numbers') from error


if __name__ == '__main__':
    main()
