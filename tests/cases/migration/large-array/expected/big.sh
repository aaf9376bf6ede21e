#!/bin/sh
./run $SLURM_ARRAY_TASK_ID
