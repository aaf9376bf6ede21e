# Heat spreads through a square plate of GRID x GRID cells: one edge is kept at 100 degrees, the others at 0.
# Prints the temperature of the middle after each tenth of STEPS steps, then the result in one line.
set -eu

awk -v n="$GRID" -v rate="$RATE" -v steps="$STEPS" '
BEGIN {
    for (x = 0; x <= n; x++) old[x, 0] = 100
    for (step = 1; step <= steps; step++) {
        for (x = 1; x < n; x++)
            for (y = 1; y < n; y++)
                new[x, y] = old[x, y] + rate * (old[x-1, y] + old[x+1, y] + old[x, y-1] + old[x, y+1] - 4 * old[x, y])
        for (x = 1; x < n; x++)
            for (y = 1; y < n; y++)
                old[x, y] = new[x, y]
        if (step % (steps / 10) == 0) printf "step %5d: %7.3f degrees\n", step, old[int(n / 2), int(n / 2)]
    }
    printf "grid %d, rate %s: %.3f degrees after %d steps\n", n, rate, old[int(n / 2), int(n / 2)], steps
}'
