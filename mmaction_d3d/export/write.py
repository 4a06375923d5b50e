"""Exported programs on the disk, with what they say of themselves."""
import io
import json
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.export import ExportedProgram

from ..errors import InputError
from ..files import write_bytes
from .about import KEY

_OPSET = 20


def _torch_export(program: ExportedProgram, about: str) -> bytes:
    content = io.BytesIO()
    torch.export.save(program, content, extra_files={KEY: about})
    return content.getvalue()


def _onnx(program: ExportedProgram, about: str) -> bytes:
    try:
        import onnx  # noqa: F401
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise InputError('--format', 'onnx', f'no {error.name}',
                         'pip install --no-deps -r requirements/export.txt') from error
    exported = torch.onnx.export(program, input_names=['imgs', 'keypoint'], output_names=['logits'],
                                 opset_version=_OPSET, dynamo=True, verbose=False)
    assert exported is not None  # as dynamo is asked for
    model = exported.model_proto
    entry = model.metadata_props.add()
    entry.key, entry.value = KEY, about
    return model.SerializeToString()


def _run_torch(path: str) -> Callable[[Tensor, Tensor], Tensor]:
    return torch.export.load(path).module()


def _run_onnx(path: str) -> Callable[[Tensor, Tensor], Tensor]:
    import onnxruntime
    session = onnxruntime.InferenceSession(path, providers=['CPUExecutionProvider'])

    def run(imgs: Tensor, keypoint: Tensor) -> Tensor:
        inputs = dict(imgs=imgs.numpy(), keypoint=keypoint.numpy())
        return torch.from_numpy(session.run(None, inputs)[0])

    return run


#: By name: the usual suffix, what makes the bytes of a file, and what runs such a file.
FORMATS = {
    'onnx': ('.onnx', _onnx, _run_onnx),
    'torch-export': ('.pt2', _torch_export, _run_torch),
}


def write_model(program: ExportedProgram, about: Mapping[str, Any], kind: str,
                path: str) -> Callable[[Tensor, Tensor], Tensor]:
    """Write a program whole or not at all.

    Args:
        program: Of :func:`.graph.export_graph`.
        about: Of :func:`.about.about_model`.
        kind: Of :data:`FORMATS`.
        path: The file.

    Returns:
        The file as a function of pixels and joints.

    Raises:
        InputError: A package that the format needs is missing, or the file cannot be written.
    """
    _, encode, load = FORMATS[kind]
    write_bytes(path, encode(program, json.dumps(about)))
    return load(path)
