#!/bin/bash

set -euo pipefail
mpirun -np "$SLURM_NTASKS" ./solver -case cavity
