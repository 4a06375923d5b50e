"""The version, in a module that needs nothing installed."""
__version__ = '0.1.0'
