#!/bin/bash
#SBATCH -n 4
#SBATCH --mem-per-cpu=512M
#SBATCH -t 30
hostname
