#!/bin/bash --posix
./run
