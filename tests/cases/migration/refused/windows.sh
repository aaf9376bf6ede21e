#!/bin/bash
#SBATCH -n 1
