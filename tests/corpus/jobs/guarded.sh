#!/bin/bash
# Works inside of Slurm and on a laptop.
if [ -n "$SLURM_JOB_ID" ]; then
  ranks=$SLURM_NTASKS
  launcher="srun"
else
  ranks=$(nproc)
  launcher="mpirun -np $ranks"
fi
cd "${SLURM_SUBMIT_DIR:-$PWD}"
$launcher ./solver --ranks "$ranks"
