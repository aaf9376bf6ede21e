#!/bin/bash
./prepare && ./solve && echo done
