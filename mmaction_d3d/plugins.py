"""Other packages that add to this one: joint layouts, skeleton backends and whatever registers."""
from importlib import import_module
from importlib.metadata import entry_points

GROUP = 'mmaction_d3d.plugins'


def load_plugins() -> None:
    """Import the modules that installed packages name as entry points in :data:`GROUP`.

    Every tool then knows what they register, without a flag. In a package's ``pyproject.toml``::

        [project.entry-points."mmaction_d3d.plugins"]
        my_layouts = "my_package.layouts"

    Raises:
        ImportError: One cannot be imported.
    """
    for entry in entry_points(group=GROUP):
        try:
            import_module(entry.module)
        except Exception as error:
            raise ImportError(f'plugin {entry.name} of {GROUP}, module {entry.module}: '
                              f'{type(error).__name__} ({error})') from error
