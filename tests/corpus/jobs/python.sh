#!/bin/bash
source ~/venv/bin/activate
python - <<'PY'
import sys
# a comment of Python, not of the shell
print(f"{sys.version_info.major} #1")
PY
python train.py --lr 0.1 --tags "#1 #2" --config configs/base.yaml && python evaluate.py
