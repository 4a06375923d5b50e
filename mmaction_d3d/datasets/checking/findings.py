"""What a check can find, how bad it is, and what mending does about it."""
from dataclasses import dataclass
from typing import Self

from ... import files
from ...errors import InputError

ERROR, WARNING = 'error', 'warning'
MENDED, LEFT_OUT, NOTHING = 'mended', 'left out', ''
REFUSED, NAMED, SILENT = 'refused', 'named', ''

_CHECKED_FIELDS = ('label', 'total_frames', 'img_shape', 'original_shape', 'keypoint',
                   'keypoint_score')

#: Kind of finding: severity, and what :func:`~.mending.mend` does about it. An error stops training
#: or teaches the model something false; a warning is for a person to look at.
KINDS = {
    **{f'wrong {field}': (ERROR, LEFT_OUT) for field in _CHECKED_FIELDS},
    'no video': (ERROR, LEFT_OUT),
    'cannot be decoded': (ERROR, LEFT_OUT),
    'fewer frames than announced': (ERROR, MENDED),
    'frames of several sizes': (ERROR, LEFT_OUT),
    'height and width exchanged': (ERROR, MENDED),
    'joints of another image size': (ERROR, LEFT_OUT),
    'joints outside of any frame': (ERROR, MENDED),
    'joints of every second frame': (ERROR, LEFT_OUT),
    'scores that are none': (ERROR, LEFT_OUT),
    'no visible joint': (ERROR, LEFT_OUT),
    'split entry': (ERROR, MENDED),
    'clip in two splits': (ERROR, NOTHING),
    'no skeleton yet': (WARNING, NOTHING),
    'more frames than announced': (WARNING, NOTHING),
    'frames of another size': (WARNING, NOTHING),
    'frames of another shape': (WARNING, NOTHING),
    'numbers that are not finite': (WARNING, MENDED),
    'scores outside 0 to 1': (WARNING, MENDED),
    'joints outside the image': (WARNING, NOTHING),
    'frames without a joint': (WARNING, NOTHING),
    'joints at (-1, -1)': (WARNING, MENDED),
    'people who jump': (WARNING, NOTHING),
    'clip in no split': (WARNING, NOTHING),
    'name of two clips': (WARNING, NOTHING),
    'video of two clips': (WARNING, NOTHING),
    'class without clips': (WARNING, NOTHING),
    'class that is not in training': (WARNING, NOTHING),
    'split compared with none': (WARNING, NOTHING),
}

# What a run goes on with, after a line that names the clips; it stops at all other errors.
_NAMED = ('no visible joint', 'numbers that are not finite', 'scores outside 0 to 1',
          'frames of another shape', 'fewer frames than announced')


def use_of(kind: str) -> str:
    """Say what training, test, inference and importers do about a kind."""
    if kind in _NAMED:
        return NAMED
    return REFUSED if KINDS[kind][0] == ERROR else SILENT


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, or worth a look.

    Attributes:
        kind: Key of :data:`KINDS`.
        name: The clip, split or class it is about.
        found, want: What stands there, and what should.
        field: Field of the annotation or entry of the split.
        index: Number of the annotation in the file; None for what is about no single one.
        count: Frames that there are, where these are others than announced.
    """
    kind: str
    name: str
    found: str
    want: str
    field: str = ''
    index: int | None = None
    count: int | None = None

    @property
    def severity(self) -> str:
        return KINDS[self.kind][0]

    @property
    def remedy(self) -> str:
        return KINDS[self.kind][1]

    @classmethod
    def of_error(cls, kind: str, name: str, error: InputError, field: str = '',
                 index: int | None = None) -> Self:
        """Return a finding that says what an :class:`~mmaction_d3d.errors.InputError` says."""
        return cls(kind, name, str(error.found), str(error.want), field, index)


COLUMNS = ('severity', 'kind', 'name', 'index', 'field', 'found', 'want', 'remedy')


def write_csv(path: str, findings: list[Finding]) -> None:
    """Write one row a finding, errors first; the file is whole or absent.

    Args:
        path: The file; its folder is made.
        findings: The findings.
    """
    files.write_csv(path, COLUMNS,
                    ((finding.severity, finding.kind, finding.name, finding.index, finding.field,
                      finding.found, finding.want, finding.remedy)
                     for finding in sorted(findings, key=lambda finding: finding.severity)))
