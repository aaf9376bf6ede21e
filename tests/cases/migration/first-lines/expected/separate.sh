#!/usr/bin/env -S bash -euo pipefail
./run
