#!/bin/bash
set -e
#SBATCH -n 4
