"""Findings as tables of text."""
from collections import Counter

import numpy as np

from ..annotations import Annotation
from .findings import ERROR, WARNING, Finding


def format_findings(findings: list[Finding], examples: int = 3) -> list[str]:
    """Lines of two tables, errors and warnings: a row a kind with its count and examples.

    Args:
        findings: What was found.
        examples: Shown of each kind. Defaults to 3.

    Returns:
        The lines.
    """
    lines = []
    for severity in (ERROR, WARNING):
        chosen = [finding for finding in findings if finding.severity == severity]
        lines.append(f'{severity}s: {len(chosen)}')
        counts = Counter(finding.kind for finding in chosen)
        width = max(map(len, counts), default=0)
        for kind, count in counts.most_common():
            shown = [finding for finding in chosen if finding.kind == kind][:examples]
            texts = [f'{finding.name}: {finding.found}' for finding in shown]
            more = '; ...' if count > examples else ''
            lines.append(f'  {count:7d}  {kind:{width}}  {"; ".join(texts)}{more}')
    return lines


def format_splits(annotations: list[Annotation], chosen: dict[str, list[int]],
                  shares: dict[int, float]) -> list[str]:
    """Lines of a table: a row a split with clips, classes, frames and the share of visible joints.

    Args:
        annotations: All annotations.
        chosen: Indices of annotations by split.
        shares: Share of visible joints by index.

    Returns:
        The lines.
    """
    rows = [('split', 'clips', 'classes', 'frames', 'visible joints (mean, least)')]
    for split, indices in {**chosen, 'all': range(len(annotations))}.items():
        labels = {
            annotations[index].get('label') for index in indices
            if np.isscalar(annotations[index].get('label'))
        }
        written = (annotations[index].get('total_frames') for index in indices)
        frames = [
            count for count in written
            if isinstance(count, (int, np.integer)) and abs(count) < 2**63
        ]
        seen = [shares[index] for index in indices if index in shares]
        rows.append((str(split), str(len(indices)), str(len(labels)),
                     f'{min(frames)} to {max(frames)}' if frames else '-',
                     f'{np.mean(seen):.0%}, {min(seen):.0%}' if seen else '-'))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        '  '.join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows
    ]
