"""Results of runs as a CSV file that later runs add to."""
import csv
from collections.abc import Iterator
from pathlib import Path

from mmaction_d3d.errors import InputError
from mmaction_d3d.files import write_csv

FIELDS = dict(settings=str, config=str, seed=int, num_test=int, correct=int, top1=float,
              val_top1=float, minutes=float, parameters=int, offset_std_x=float, offset_std_y=float,
              offset_std_z=float, offset_saturated=float, offset_outside=float)
"""Columns and their types. Offsets are those of the test clips: of the block whose deviation is
least and whose shares are greatest; empty without deformable attention."""


class Results:
    """The rows of a CSV file, by settings and seed or by other columns.

    Args:
        path: The file; it may not exist yet.
        fields: Columns and their types.
        key: The columns that tell a row from all others.
        order: The columns that rows are sorted by in the file.

    Raises:
        InputError: The file has other columns, a value of another kind, or a run twice.
    """

    def __init__(
        self, path: str | Path, fields: dict[str, type] = FIELDS,
        key: tuple[str, ...] = ('settings', 'seed'), order: tuple[str, ...] = ('config', 'seed')
    ) -> None:
        self.path, self.fields, self._key, self._order = path, fields, key, order
        self._rows = {}
        if not Path(path).exists():
            return
        with Path(path).open(newline='') as file:
            reader = csv.DictReader(file)
            if reader.fieldnames != list(fields):
                raise InputError(path, 'columns', ','.join(reader.fieldnames or ()),
                                 ','.join(fields))
            for number, row in enumerate(reader, start=2):
                row = {name: self._value(number, name, row[name]) for name in fields}
                place = self._place(row)
                if place in self._rows:
                    found = ' '.join(str(row[name]) for name in order)
                    raise InputError(path, f'line {number}', f'{found} a second time',
                                     'each run once')
                self._rows[place] = row

    def _value(self, number, name, text):
        if text == '':
            return None
        try:
            return self.fields[name](text)
        except (TypeError, ValueError) as error:
            raise InputError(self.path, f'line {number}, {name}', text,
                             self.fields[name].__name__) from error

    def __len__(self):
        return len(self._rows)

    def __iter__(self) -> Iterator[dict]:
        return iter(self._rows.values())

    def _place(self, row: dict) -> tuple:
        return tuple(row[name] for name in self._key)

    def get(self, *place: object) -> dict | None:
        """Return the row of a run by the values of its key, or None."""
        return self._rows.get(place)

    def of(self, settings: str) -> list[dict]:
        """Return the rows of all seeds of some settings, by seed."""
        return sorted((row for key, row in self._rows.items() if key[0] == settings),
                      key=lambda row: row['seed'])

    def forget(self, **values: object) -> None:
        """Leave out the rows of these values when the file is written next."""
        self._rows = {
            place: row for place, row in self._rows.items()
            if any(row[name] != value for name, value in values.items())
        }

    def add(self, *added: dict) -> None:
        """Add rows, each in place of one of the same key, and write the file."""
        for row in added:
            self._rows[self._place(row)] = {name: row.get(name) for name in self.fields}
        rows = sorted(self, key=lambda row: [row[name] for name in self._order])
        write_csv(self.path, list(self.fields),
                  ([row[name] for name in self.fields] for row in rows))
