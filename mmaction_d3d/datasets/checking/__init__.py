"""Finding all that is wrong with a data set, where the loader stops at the first mistake."""
from .contents import check_contents, check_splits, find_shared_clips, visible_shares
from .findings import NAMED, REFUSED, Finding, use_of, write_csv
from .media import SAMPLE, MediaSource, check_media, check_sample
from .mending import mend
from .report import format_findings, format_splits
from .rules import MEANING, Gate, check_joints, refuse_exchanged_sides

__all__ = [
    'Finding', 'Gate', 'MEANING', 'MediaSource', 'NAMED', 'REFUSED', 'SAMPLE', 'check_contents',
    'check_joints', 'check_media', 'check_sample', 'check_splits', 'find_shared_clips',
    'format_findings', 'format_splits', 'mend', 'refuse_exchanged_sides', 'use_of',
    'visible_shares', 'write_csv'
]
