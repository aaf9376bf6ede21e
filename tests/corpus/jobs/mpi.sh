#!/bin/bash
# An MPI solver with its own modules.
module purge
module load gcc/12 openmpi
set -euo pipefail
export OMP_NUM_THREADS=1
mpirun -np 16 \
  ./solver \
    -case cavity \
    -parallel 2>&1 | tee log.solver
