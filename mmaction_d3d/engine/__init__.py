from .arguments import DATA_VARIABLE, add_shared_arguments, load_config
from .build import build_runner, config_mistakes
from .checks import check_checkpoint, check_config, check_start
from .optim_wrapper import auto_amp_optim_wrapper
from .runner import AutoDeviceRunner
from .visualization_hook import RGBPoseVisualizationHook

__all__ = [
    'DATA_VARIABLE', 'AutoDeviceRunner', 'RGBPoseVisualizationHook', 'add_shared_arguments',
    'auto_amp_optim_wrapper', 'build_runner', 'check_checkpoint', 'check_config', 'check_start',
    'config_mistakes', 'load_config'
]
