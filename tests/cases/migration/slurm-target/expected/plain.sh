#!/bin/bash
cd /scratch/plain || exit
mpirun ./solver
