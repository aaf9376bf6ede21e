#!/bin/bash
echo "{{ not.a.template }} {% raw %}"
