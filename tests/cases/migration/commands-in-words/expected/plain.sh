#!/bin/bash
echo "now call sbatch next.sh"
./solver
