#!/bin/bash
# Usage: GMX=gmx_mpi RANKS=4 TEMPERATURE=300 equilibrate.sh SYSTEM RUN_DIR REPLICA...
set -euo pipefail
system=$1 run_dir=$2
shift 2

mkdir -p "$run_dir"
cd "$run_dir"
previous=$system/solvated.gro
for step in em nvt npt; do
  sed "s/@TEMPERATURE@/$TEMPERATURE/" "$system/mdp/$step.mdp" >"$step.mdp"
  "$GMX" grompp -f "$step.mdp" -c "$previous" -r "$previous" -p "$system/topol.top" -o "$step.tpr"
  mpirun -np "$RANKS" "$GMX" mdrun -deffnm "$step"
  previous=$step.gro
done

# What the production runs start from: one system, a random seed for each replica.
for replica in "$@"; do
  sed "s/@TEMPERATURE@/$TEMPERATURE/; s/@SEED@/$replica/" "$system/mdp/md.mdp" >"md-$replica.mdp"
  "$GMX" grompp -f "md-$replica.mdp" -c npt.gro -t npt.cpt -p "$system/topol.top" -o "md-$replica.tpr"
done
