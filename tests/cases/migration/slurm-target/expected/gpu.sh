#!/bin/bash
cd '/scratch/my case' || exit 1
./train
