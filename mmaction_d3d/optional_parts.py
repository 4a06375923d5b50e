"""Leaves out those parts of MMAction2 that some installed package keeps from importing.

Parts of `mmaction.models` need packages that nothing here needs, in versions of some years ago.
With another version they fail, by any kind of error, and with them the whole of `mmaction.models`.
"""
import importlib.machinery
import importlib.util
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import metadata
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

#: Part of MMAction2 1.2.0 -> packages that it imports.
PARTS = {
    'mmaction.models.multimodal': ('transformers', 'timm'),
    'mmaction.models.backbones.mobileone_tsm': ('mmpretrain', ),
    'mmaction.models.roi_heads': ('mmdet', ),
    'mmaction.models.task_modules': ('mmdet', ),
}
_PACKAGES = {package for needed in PARTS.values() for package in needed}

#: Parts that catch ImportErrors in their own file.
_CATCHES = ('mmaction.models.roi_heads', 'mmaction.models.task_modules')


@contextmanager
def careful_imports() -> Iterator[Callable[[], list[str]]]:
    """Keep what is imported meanwhile from failing by an optional part or package.

    Parts that fail end up empty. A package that such parts need, or one that MMEngine tries, fails
    by ImportError whatever it raises: that is what MMAction2 and MMEngine expect and catch.

    Yields:
        Gives a sentence for each part that was left out though a package that it needs is
        installed.
    """
    finder = _Finder()
    sys.meta_path.insert(0, finder)
    try:
        yield lambda: [
            _sentence(part, error) for part, error in finder.errors.items()
            if any(map(_is_there, PARTS[part]))
        ]
    finally:
        sys.meta_path.remove(finder)


class _Finder:
    """Finds the parts, what lies in them and the packages, and notes the parts' errors."""

    def __init__(self) -> None:
        self.errors: dict[str, Exception | None] = {}

    def find_spec(self, name: str, path: Sequence[str] | None = None,
                  target: ModuleType | None = None) -> ModuleSpec | None:
        part = next((part for part in PARTS if f'{name}.'.startswith(f'{part}.')), None)
        if part is None and name.partition('.')[0] not in _PACKAGES:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            # Stand-ins pass on what they lack, which no type says.
            if part is None:
                spec.loader = _PackageLoader(spec.loader)  # type: ignore[assignment]
            else:
                spec.loader = _PartLoader(  # type: ignore[assignment]
                    spec.loader, part, self.errors)
        return spec


class _Loader:
    """What two loaders share; what is not here is asked of the loader within."""

    def __init__(self, loader: Loader) -> None:
        self.loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self.loader.create_module(spec)

    def __getattr__(self, name: str) -> Any:
        # Packages ask their loader for files.
        return getattr(self.loader, name)


class _PackageLoader(_Loader):
    """Runs a module of a package, which can fail by ImportError alone."""

    def exec_module(self, module: ModuleType) -> None:
        try:
            self.loader.exec_module(module)
        except ImportError:
            raise
        except Exception as error:
            raise ImportError(f'{type(error).__name__}: {error}', name=module.__name__) from error


class _PartLoader(_Loader):
    """Runs a module; a part that fails, or catches its own failure, ends up empty."""

    def __init__(self, loader: Loader, part: str, errors: dict[str, Exception | None]) -> None:
        super().__init__(loader)
        self.part, self.errors = part, errors

    def exec_module(self, module: ModuleType) -> None:
        try:
            self.loader.exec_module(module)
        except Exception as error:  # of any kind: it is another package's
            self.errors.setdefault(self.part, error)  # the first is nearest to the cause
            if module.__name__ != self.part:
                raise
            vars(module)['__all__'] = []
            return
        # MMAction2 catches some ImportErrors itself, and then the part offers nothing.
        if module.__name__ == self.part and self.part in _CATCHES and not hasattr(
                module, '__all__'):
            self.errors.setdefault(self.part, None)


def _is_there(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except (ImportError, ValueError):
        return False


def _sentence(part: str, error: Exception | None) -> str:
    needed = []
    for package in filter(_is_there, PARTS[part]):
        try:
            needed.append(f'{package} {metadata.version(package)}')
        except metadata.PackageNotFoundError:
            needed.append(package)
    why = 'it lacks names that are imported from it'
    if error is not None:
        text = ' '.join(str(error).split())[:200]
        why = f'{type(error).__name__}: {text}'
    return f'{part} is left out, as it does not import beside {" and ".join(needed)} ({why})'
