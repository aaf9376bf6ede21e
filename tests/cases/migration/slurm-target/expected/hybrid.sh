#!/bin/bash
srun ./solver
