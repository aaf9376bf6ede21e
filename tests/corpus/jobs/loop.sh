#!/bin/bash
shopt -s nullglob
inputs=(data/*.fasta)
for file in "${inputs[@]}"; do
  blastn -query "$file" -db nt \
    -evalue 1e-10 -num_threads 8 -outfmt 6 \
    -out "${file%.fasta}.tab" || { echo "$file failed" >&2; exit 1; }
done
awk '{ sum += $3 } END { print sum / NR }' data/*.tab > mean.txt
