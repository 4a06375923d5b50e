"""Keeps how the runs of a campaign ended, one row each, so that it can be stopped and go on."""
import collections
import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_FIELDS = ('family', 'input', 'command', 'code', 'seconds', 'gigabytes', 'faults', 'last_line')
_KEYS = _FIELDS[:3]


@dataclass
class Record:
    """Rows in a CSV file, by family, input and command.

    Args:
        path: The file; what an earlier run left there is read.
    """
    path: Path

    def __post_init__(self) -> None:
        self.rows = dict[tuple[str, ...], dict[str, str]]()
        if self.path.is_file():
            with self.path.open(newline='', errors='surrogateescape') as file:
                for row in csv.DictReader(file):
                    if None not in row.values():  # of a run that was killed while it wrote
                        self.rows[tuple(row[key] for key in _KEYS)] = row

    def is_done(self, *key: str) -> bool:
        """Tell whether that run ended without a fault; those with one are tried again."""
        return key in self.rows and not self.rows[key]['faults']

    def add(self, **values: object) -> None:
        """Append a row; it stands for an older one of the same run."""
        row = {field: str(values[field]) for field in _FIELDS}
        self.rows[tuple(row[key] for key in _KEYS)] = row
        is_new = not self.path.is_file()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open('a', newline='', errors='surrogateescape') as file:
            writer = csv.DictWriter(file, _FIELDS)
            if is_new:
                writer.writeheader()
            writer.writerow(row)

    def faults(self) -> Iterator[dict[str, str]]:
        """Yield the rows with a fault."""
        return (row for row in self.rows.values() if row['faults'])

    def summary(self) -> list[dict[str, object]]:
        """Count by family and command, in the order of their names, all of them last."""
        groups = collections.defaultdict[tuple[str, str], list[dict[str, str]]](list)
        for row in self.rows.values():
            for family, command in ((row['family'], row['command']), ('all', 'all')):
                groups[family, command].append(row)
        order = sorted(groups, key=lambda group: (group[0] == 'all', group))
        return [
            dict(family=family, command=command, **_counts(groups[family, command]))
            for family, command in order
        ]

    def write_summary(self, path: Path) -> None:
        """Write :meth:`summary` as CSV."""
        rows = self.summary()
        with path.open('w', newline='') as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator='\n')
            writer.writeheader()
            writer.writerows(rows)


def _counts(rows: list[dict[str, str]]) -> dict[str, object]:
    accepted = sum(row['code'] == '0' for row in rows)
    return dict(inputs=len({(row['family'], row['input'])
                            for row in rows}), runs=len(rows), refused=len(rows) - accepted,
                accepted=accepted, faults=sum(bool(row['faults']) for row in rows),
                slowest_seconds=_most(row['seconds'] for row in rows),
                most_gigabytes=_most(row['gigabytes'] for row in rows))


def _most(values: Iterable[str]) -> float:
    return max(map(float, values))
