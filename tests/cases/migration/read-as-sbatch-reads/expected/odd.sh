#!/usr/bin/env bash

# sbatch cuts these lines in its own way
##SBATCH --time=1
# SBATCH --time=2
 #SBATCH --time=3
cat <<END > inner.sbatch
#SBATCH --time=99
END
