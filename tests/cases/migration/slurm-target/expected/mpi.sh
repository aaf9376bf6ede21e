#!/bin/bash
cd /scratch/cavity
mpirun ./solver
