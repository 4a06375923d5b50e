#!/usr/bin/env bash
# usage: tools/slurm_test.sh PARTITION JOB CONFIG CHECKPOINT [arguments of test.py]
# Tests on a Slurm cluster.
# GPUS (8), GPUS_PER_NODE (8), CPUS_PER_TASK (5) and SRUN_ARGS are environment variables.
set -eu
. "$(dirname "$0")/usage.sh" 4 "$@"

PARTITION=$1
JOB_NAME=$2
CONFIG=$3
CHECKPOINT=$4
. "$(dirname "$0")/slurm.sh"

# SRUN_ARGS is several arguments in one variable.
# shellcheck disable=SC2086
exec "${ON_SLURM[@]}" \
    ${SRUN_ARGS:-} \
    "${PYTHON:-python}" -u "$TOOLS/test.py" "$CONFIG" "$CHECKPOINT" --launcher=slurm "${@:5}"
