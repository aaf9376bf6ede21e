#!/bin/bash
usage() { echo "usage: $0 CASE [STEPS]" >&2; exit 2; }
if [ $# -lt 1 ]; then
  usage
fi
case=$1
steps=${2:-100}
run() {
  local name=$1
  shift
  echo "== $name"
  "$@"
}
run prepare ./prepare "$case"
run solve ./solve "$case" --steps "$steps"
