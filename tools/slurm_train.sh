#!/usr/bin/env bash
# usage: tools/slurm_train.sh PARTITION JOB CONFIG [WORK_DIR] [arguments of train.py]
# Trains on a Slurm cluster. STOP_BEFORE seconds before its time is up, or when it is preempted, the training saves
# and ends; it is then queued again and goes on.
# GPUS (8), GPUS_PER_NODE (8), CPUS_PER_TASK (5), STOP_BEFORE (120) and SRUN_ARGS are environment variables.
set -eu
. "$(dirname "$0")/usage.sh" 3 "$@"

PARTITION=$1
JOB_NAME=$2
CONFIG=$3
shift 3
case ${1:--} in
-*) ;;
*) set -- --work-dir "$@" ;;
esac
. "$(dirname "$0")/slurm.sh"
# A batch job that Slurm started again goes on where it stopped.
RESUME=()
if [ "${SLURM_RESTART_COUNT:-0}" -gt 0 ]; then
    RESUME=(--resume)
fi

train() {
    # SRUN_ARGS is several arguments in one variable.
    # shellcheck disable=SC2086
    "${ON_SLURM[@]}" \
        --signal=USR1@"${STOP_BEFORE:-120}" \
        ${SRUN_ARGS:-} \
        "${PYTHON:-python}" -u "$TOOLS/train.py" "$CONFIG" --launcher=slurm "$@"
}

STOPPED=75 # exit code of a training that saved and ended
CODE=0
train "$@" ${RESUME[@]+"${RESUME[@]}"} || CODE=$?
while [ "$CODE" -eq "$STOPPED" ]; do
    if [ -n "${SLURM_JOB_ID:-}" ]; then # within a batch job: all of it is queued again
        exec scontrol requeue "$SLURM_JOB_ID"
    fi
    CODE=0
    train "$@" --resume || CODE=$?
done
exit "$CODE"
