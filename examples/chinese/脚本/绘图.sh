#!/bin/bash
# 用法：TITLE=标题 绘图.sh 结果目录
set -euo pipefail
cd "$1"
ncl -n 'title="'"$TITLE"'"' /public/home/qixiang/脚本/路径图.ncl
