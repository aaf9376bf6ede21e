#!/usr/bin/env -S zsh -f
#PBS -l nodes=1:ppn=4
#BSUB -n 8
srun -n 4 ./a && srun ./b; scontrol show job $SLURM_JOBID
