"""Training and test: the runner, its hooks and loops, and what is checked before a run."""
from .amp_loops import AmpTestLoop, AmpValLoop
from .arguments import DATA_VARIABLE, add_shared_arguments, load_config, read_config
from .build import build_dataset, build_runner, config_mistakes, size_mistakes
from .checkpoint_hook import CheckpointHook
from .checkpoint_names_hook import CheckpointNamesHook
from .checks import check_checkpoint, check_start
from .config_checks import check_config
from .data_checks import check_test_data, check_training_data
from .dump_clips_hook import DumpClipsHook
from .early_stopping_hook import EarlyStoppingHook
from .explanation_hook import ExplanationHook
from .gpu_memory import memory_mistakes
from .optim_wrapper import auto_amp_optim_wrapper
from .roll_call import roll_call
from .runner import AutoDeviceRunner, leave_processes
from .train_and_test import load_trained, test, train
from .train_loop import D3DTrainLoop
from .training_health_hook import TrainingHealthHook
from .visualization_hook import RGBPoseVisualizationHook

__all__ = [
    'DATA_VARIABLE', 'AmpTestLoop', 'AmpValLoop', 'AutoDeviceRunner', 'CheckpointHook',
    'CheckpointNamesHook', 'D3DTrainLoop', 'DumpClipsHook', 'EarlyStoppingHook', 'ExplanationHook',
    'RGBPoseVisualizationHook', 'TrainingHealthHook', 'add_shared_arguments',
    'auto_amp_optim_wrapper', 'build_dataset', 'build_runner', 'check_checkpoint', 'check_config',
    'check_start', 'check_test_data', 'check_training_data', 'config_mistakes', 'leave_processes',
    'load_config', 'load_trained', 'memory_mistakes', 'read_config', 'roll_call', 'size_mistakes',
    'test', 'train'
]
