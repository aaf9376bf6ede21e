#!/usr/bin/env bash -e
./run
