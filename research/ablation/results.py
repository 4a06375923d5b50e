"""Results of runs as a CSV file that later runs add to."""
import csv
from pathlib import Path

from mmaction_d3d.errors import InputError
from mmaction_d3d.files import write_csv

FIELDS = dict(settings=str, config=str, seed=int, num_test=int, correct=int, top1=float,
              val_top1=float, minutes=float, parameters=int, offset_std_x=float, offset_std_y=float,
              offset_std_z=float, offset_saturated=float, offset_outside=float)
"""Columns and their types. Offsets are those of the test clips: of the block whose deviation is
least and whose shares are greatest; empty without deformable attention."""


class Results:
    """The rows of a CSV file, by settings and seed.

    Args:
        path (str): The file; it may not exist yet.

    Raises:
        InputError: The file has other columns, a value of another kind, or a run twice.
    """

    def __init__(self, path):
        self.path = path
        self._rows = {}
        if not Path(path).exists():
            return
        with Path(path).open(newline='') as file:
            reader = csv.DictReader(file)
            if reader.fieldnames != list(FIELDS):
                raise InputError(path, 'columns', ','.join(reader.fieldnames or ()),
                                 ','.join(FIELDS))
            for number, row in enumerate(reader, start=2):
                row = {name: self._value(number, name, row[name]) for name in FIELDS}
                key = row['settings'], row['seed']
                if key in self._rows:
                    raise InputError(path, f'line {number}', f'{row["config"]} seed {row["seed"]} '
                                     'a second time', 'each run once')
                self._rows[key] = row

    def _value(self, number, name, text):
        if text == '':
            return None
        try:
            return FIELDS[name](text)
        except (TypeError, ValueError) as error:
            raise InputError(self.path, f'line {number}, {name}', text,
                             FIELDS[name].__name__) from error

    def __len__(self):
        return len(self._rows)

    def get(self, settings, seed):
        """Return the row of a run, or None."""
        return self._rows.get((settings, seed))

    def of(self, settings):
        """Return the rows of all seeds of some settings, by seed."""
        return sorted((row for key, row in self._rows.items() if key[0] == settings),
                      key=lambda row: row['seed'])

    def add(self, row):
        """Add the row of a run and write the file."""
        self._rows[row['settings'], row['seed']] = {name: row.get(name) for name in FIELDS}
        rows = sorted(self._rows.values(), key=lambda row: (row['config'], row['seed']))
        write_csv(self.path, FIELDS, ([row[name] for name in FIELDS] for row in rows))
