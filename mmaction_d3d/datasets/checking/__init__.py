"""Finding all that is wrong with a data set, where the loader stops at the first mistake."""
from .contents import check_contents, check_splits, visible_shares
from .findings import Finding, write_csv
from .media import MediaSource, check_media
from .mending import mend
from .report import format_findings, format_splits

__all__ = [
    'Finding', 'MediaSource', 'check_contents', 'check_media', 'check_splits', 'format_findings',
    'format_splits', 'mend', 'visible_shares', 'write_csv'
]
