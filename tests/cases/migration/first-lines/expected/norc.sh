#!/bin/bash --norc
./run
