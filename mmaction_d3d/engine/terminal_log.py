"""What of a log reaches the terminal; its file has all of it."""
import logging

_MOST_LINES = 4
# What MMEngine and MMAction2 say of every run, and what was mended in them.
_FOR_THE_FILE = ('paramwise_options', 'Mended: ', 'Distributed training is not used',
                 '"FileClient" will be', '"HardDiskBackend" is', 'Exp name: ', 'Command: ')


class _Readable(logging.Filter):

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage().strip()
        return not text.startswith(_FOR_THE_FILE) and text.count('\n') < _MOST_LINES


def keep_terminal_readable(logger: logging.Logger) -> None:
    """Leave to the log file what runs to pages: environment, config, hooks, each parameter.

    Args:
        logger: Of a run; without a file, all stays on the terminal.
    """
    files = [handler for handler in logger.handlers if isinstance(handler, logging.FileHandler)]
    if not files:
        return
    for handler in logger.handlers:
        if handler not in files:
            handler.addFilter(_Readable())
    logger.info(f'The whole log, with environment and config: {files[0].baseFilename}')
