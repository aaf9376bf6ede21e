#!/bin/bash
set -- coarse fine
for mesh in "$1" "$2"; do ./solver "$mesh"; done
