#!/bin/bash

# load
module load gcc
cd $SLURM_SUBMIT_DIR
export OMP_NUM_THREADS=$SLURM_CPUS_PER_TASK
srun ./train --seed ${SLURM_ARRAY_TASK_ID} --job $SLURM_JOB_ID
#SBATCH --mem=3G
