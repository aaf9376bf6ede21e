#!/bin/bash -el
./run
