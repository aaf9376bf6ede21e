#!/bin/bash
./solver "$@"
