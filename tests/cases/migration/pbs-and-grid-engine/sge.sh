#!/bin/bash
#$ -S /bin/bash
#$ -N train -cwd -j y
#$ -pe smp 8 -l h_rt=02:00:00,h_vmem=4G
#$ -t 1-9:2 -tc 2
#$ -q long.q@node1
#$ -o $JOB_NAME.$JOB_ID.$TASK_ID.log
echo hi
#$ -M me@x.org
./train --threads $NSLOTS --seed $SGE_TASK_ID
