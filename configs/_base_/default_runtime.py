default_scope = 'mmaction'
custom_imports = dict(imports=['mmaction_d3d'], allow_failed_imports=False)

# GPUs and nccl, or CPUs and gloo, as the machine has them. SyncBN takes effect with several GPUs.
runner_type = 'AutoDeviceRunner'
# A process that another one waits for longer than the timeout, in seconds, counts as hanging.
env_cfg = dict(
    mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0),
    dist_cfg=dict(backend='nccl', timeout=1800))
sync_bn = 'torch'

# Kept are the last two checkpoints, of which one may be damaged, and the one that is best on the
# validation split.
default_hooks = dict(
    runtime_info=dict(type='RuntimeInfoHook'),
    timer=dict(type='IterTimerHook'),
    logger=dict(type='LoggerHook', interval=20, ignore_last=False),
    param_scheduler=dict(type='ParamSchedulerHook'),
    checkpoint=dict(type='CheckpointHook', interval=1, max_keep_ckpts=2, save_best='acc/top1'),
    # WORK_DIR/best.pth and WORK_DIR/last.pth are further names of these.
    checkpoint_names=dict(type='CheckpointNamesHook'),
    sampler_seed=dict(type='DistSamplerSeedHook'),
    sync_buffers=dict(type='SyncBuffersHook'),
    visualization=dict(type='RGBPoseVisualizationHook'),
    # Pictures of attention every so many iterations; 0: none.
    explanation=dict(type='ExplanationHook', interval=0))

log_processor = dict(type='LogProcessor', window_size=20, by_epoch=True)
visualizer = dict(type='ActionVisualizer', vis_backends=[dict(type='LocalVisBackend')])
log_level = 'INFO'
load_from = None
resume = False
