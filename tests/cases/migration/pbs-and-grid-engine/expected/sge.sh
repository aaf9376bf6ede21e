#!/bin/bash
echo hi
./train --threads $NSLOTS --seed $SGE_TASK_ID
