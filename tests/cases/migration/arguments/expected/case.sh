#!/bin/bash
# $9 in a comment is nobody's argument.
CASE="$1"
mesh=${2:-fine}
usage() { echo "usage: $1"; }
if [ -n "$3" ]; then
  echo "restart from $3"
fi
awk '{ print $7 }' "params/$CASE.yaml"
cat > input.txt <<EOF
case $1
steps ${4:-100}
EOF
mpirun ./solver "params/$1.yaml" "$mesh"
