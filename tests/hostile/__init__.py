"""Hostile inputs, and how each command of the project ends on them: see :mod:`.campaign`."""
