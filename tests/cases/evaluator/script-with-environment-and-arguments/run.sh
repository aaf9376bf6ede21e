#!/bin/bash
echo "$MESH" "$1" {{ not a template }}
