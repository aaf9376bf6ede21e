#!/bin/bash
echo "run sbatch next.sh to go on; srun is not needed"   # squeue -u me
printf 'sacct -j %s\n' "$1" > how.txt
snakemake --cluster 'sbatch -c {threads}' --jobs 4
LAUNCH="srun --mpi=pmi2"
$LAUNCH ./solver
find . -name '*.job' -exec scontrol show job {} \;
bash -c "cd next && scancel 12"
