#!/bin/bash
while getopts "c:" letter; do echo "$letter $OPTARG"; done
shift $((OPTIND - 1))
./solver "$@"
