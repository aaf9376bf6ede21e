#!/bin/bash
# Usage: REPORT=title eval.sh SPLIT RUNS LR
set -euo pipefail
source /home/ml/venv/bin/activate
split=$1 runs=$2 lr=$3

for run in "$runs"/*-"$lr"-*; do
  python -m cifar.evaluate --run "$run" --split "$split"
done | tee "$runs/$split-$lr.tsv"
python -m cifar.report --title "$REPORT" "$runs/$split-$lr.tsv"
