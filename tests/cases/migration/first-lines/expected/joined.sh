#!/bin/bash -euo pipefail
./run
