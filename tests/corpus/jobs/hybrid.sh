#!/usr/bin/env bash
source /etc/profile.d/modules.sh
module load intel
export OMP_NUM_THREADS="${CORES:-4}" OMP_PLACES=cores
threads=$OMP_NUM_THREADS
(( ranks = 16 / threads ))
mpirun -n "$ranks" ./hybrid --threads "$threads" > out.log 2> err.log
