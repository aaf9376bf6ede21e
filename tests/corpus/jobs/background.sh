#!/bin/bash
./server --port 0 &
server=$!
sleep 5
./client --server localhost
status=$?
kill "$server"
wait "$server" 2>/dev/null
exit "$status"
