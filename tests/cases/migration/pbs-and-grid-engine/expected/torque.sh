#!/bin/bash
export PBS_O_WORKDIR="$PWD"
cd $PBS_O_WORKDIR
mpirun -np $PBS_NP -machinefile $PBS_NODEFILE ./solver $PBS_ARRAYID $PBS_JOBID
