"""What a tool left out, counted and named."""
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from .files import write_csv


class DropReport:
    """What was left out, and why: counts, and the names."""

    def __init__(self) -> None:
        self._names: dict[str, list[str]] = {}

    def add(self, reason: str, name: str) -> None:
        """Note that ``name`` was left out, or changed, for ``reason``."""
        self._names.setdefault(reason, []).append(name)

    def counts(self) -> Counter[str]:
        """Counter of names by reason."""
        return Counter({reason: len(names) for reason, names in self._names.items()})

    def lines(self) -> Iterator[str]:
        """One line a reason, the most frequent first: count, reason, the first names."""
        for reason, count in self.counts().most_common():
            names = self._names[reason]
            more = ', ...' if count > 3 else ''
            yield f'{count} x {reason}: {", ".join(names[:3])}{more}'

    def say(self) -> None:
        """Print the lines."""
        for line in self.lines():
            print(line)

    def write(self, path: str | Path) -> None:
        """Write the file ``path`` with one line ``reason,name`` each, whole or not at all."""
        write_csv(path, ('reason', 'name'),
                  ((reason, name) for reason, names in self._names.items() for name in names))
