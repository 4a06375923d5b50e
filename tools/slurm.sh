# Sourced by the scripts for Slurm, which set PARTITION and JOB_NAME: what starts a tool's processes there.
TOOLS=$(dirname "$0")
# One port for all processes, and not the same for two jobs on one machine.
export MASTER_PORT=${MASTER_PORT:-$((12000 + RANDOM % 20000))}
export PYTHONPATH="$TOOLS/..${PYTHONPATH:+:$PYTHONPATH}"
ON_SLURM=(
    srun -p "$PARTITION"
    --job-name="$JOB_NAME"
    --gres=gpu:"${GPUS_PER_NODE:-8}"
    --ntasks="${GPUS:-8}"
    --ntasks-per-node="${GPUS_PER_NODE:-8}"
    --cpus-per-task="${CPUS_PER_TASK:-5}"
    --kill-on-bad-exit=1
)
