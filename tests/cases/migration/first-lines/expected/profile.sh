#!/bin/bash --noprofile -e
./run
