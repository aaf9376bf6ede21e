#!/bin/bash
#SBATCH -J café
