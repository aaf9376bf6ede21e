#!/bin/bash -l
cd '/scratch/{{me}}/' || exit 1
echo "$SLURM_ARRAY_TASK_ID of $SLURM_ARRAY_TASK_COUNT"
