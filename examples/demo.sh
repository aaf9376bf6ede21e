#!/bin/sh
# A guided tour of specc, from the root of a checkout: sh examples/demo.sh
# Every command must end as it should; the tour stops, and fails, at the first that does not.
set -u

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]; then
  bold=$(printf '\033[1m') dim=$(printf '\033[2m') plain=$(printf '\033[0m')
else
  bold='' dim='' plain=''
fi
output=$(mktemp) || exit 1
place=$(mktemp -d) || exit 1
server=
tidy() {
  [ -z "$server" ] || kill "$server" 2>/dev/null
  rm -rf "$output" "$place"
}
trap tidy EXIT
trap 'exit 130' INT TERM

fail() {
  printf '\ndemo: %s\n' "$1" >&2
  exit 1
}

say() {
  printf '\n%s# %s%s\n' "$dim" "$1" "$plain"
}

enter() {
  cd "$1" || fail "there is no folder $1"
  printf '%s$ cd %s%s\n' "$bold" "$1" "$plain"
}

# expect CODE COMMAND...: shows the command and its output, and stops the tour if it ends otherwise.
expect() {
  wanted=$1
  shift
  printf '%s$ %s%s\n' "$bold" "$*" "$plain"
  "$@" 2>&1
  code=$?
  [ "$code" -eq 0 ] || printf '%s(exit code %s)%s\n' "$dim" "$code" "$plain"
  [ "$code" -eq "$wanted" ] || fail "\`$*\` ended with $code instead of $wanted"
}

# head_of LINES COMMAND...: the first lines of a long output, and how many more there are.
head_of() {
  lines=$1
  shift
  printf '%s$ %s | head -n %s%s\n' "$bold" "$*" "$lines" "$plain"
  "$@" >"$output" || fail "\`$*\` ended with $?"
  head -n "$lines" "$output"
  total=$(($(wc -l <"$output")))
  [ "$total" -gt "$lines" ] || fail "\`$*\` printed $total lines only"
  printf '%s(%s more lines)%s\n' "$dim" "$((total - lines))" "$plain"
}

# without TEXT COMMAND...: the lines of an output that do not have that text.
without() {
  text=$1
  shift
  printf '%s$ %s | grep -v %s%s\n' "$bold" "$*" "$text" "$plain"
  "$@" >"$output" || fail "\`$*\` ended with $?"
  grep -v "$text" "$output" || fail "\`$*\` printed nothing else"
}

# count NUMBER COMMAND...: how many lines a command prints.
count() {
  wanted=$1
  shift
  printf '%s$ %s | wc -l%s\n' "$bold" "$*" "$plain"
  "$@" >"$output" || fail "\`$*\` ended with $?"
  total=$(($(wc -l <"$output")))
  printf '%s\n' "$total"
  [ "$total" -eq "$wanted" ] || fail "\`$*\` printed $total lines instead of $wanted"
}

command -v specc >/dev/null || fail 'specc is not on PATH; `make demo` puts it there'
[ -d examples/openfoam ] || fail 'run this from the root of a checkout'
root=$PWD

say 'An OpenFOAM project: a base, and two cases that extend it.'
enter examples/openfoam
expect 0 cat cases/motorbike.job.yaml
expect 0 specc check

say 'Where does a value come from? Through the template, and with what it overrides:'
expect 0 specc explain cases/cavity.job.yaml mem_limit --only mesh=M

say 'The cavity is a sweep of three meshes and ten seeds, less one. Each cell is one canonical payload, with a digest.'
head_of 1 specc render cases/cavity.job.yaml
head_of 4 specc render cases/cavity.job.yaml --digest
count 29 specc render cases/cavity.job.yaml --digest

say 'A profile shrinks the sweep to a smoke test, and -p sets a parameter. For people: --format yaml.'
expect 0 specc render cases/cavity.job.yaml --profile smoke -p ranks=4 --format yaml

say 'Specs with mistakes: each is shown where it stands, with the way out.'
cd "$root" || exit 1
enter examples/broken
expect 1 specc check unknown-field.job.yaml two-readings.job.yaml
say 'Through inheritance, scripts and the shell, too:'
expect 1 specc check undefined-in-base.job.yaml mistake-in-a-script.job.yaml cycle/a.job.yaml
expect 1 specc check unquoted-shell-value.job.yaml

say 'The fields come from the API documentation itself. What did its later version change?'
cd "$root" || exit 1
without description specc schema diff ehpc/v1 ehpc/v2

say 'Now for real: a sweep that runs on any machine. It is sent to this one, through a ledger that lies in a temporary folder.'
cd "$root" || exit 1
cp -R examples/heat "$place/heat"
unset CI
export XDG_STATE_HOME="$place/state"
enter "$place/heat"
expect 0 specc plan
expect 0 specc submit --wait
expect 0 specc logs --tail 1
expect 0 specc results
expect 0 specc report -o heat.html

say 'The same specs, unchanged, through the signed HTTP API: `specc serve` speaks it on loopback.'
printf '%s$ specc serve --port 0 &%s\n' "$bold" "$plain"
specc serve --port 0 >"$place/url" 2>"$place/log" &
server=$!
tries=0
until [ -s "$place/url" ]; do
  tries=$((tries + 1))
  [ "$tries" -le 150 ] && kill -0 "$server" || fail '`specc serve` did not start'
  sleep 0.2
done
set -a
. "$XDG_STATE_HOME"/specc/serve/*/keys.env
set +a
printf '[targets.loopback]\nendpoint = "%s"\n' "$(cat "$place/url")" >specc.local.toml
expect 0 cat specc.local.toml
say 'It is not the host of the vendor, so it gets no signed request before you have said that you trust it.'
expect 0 specc trust "$(cut -d/ -f1-3 "$place/url")"
expect 0 specc submit --target loopback --wait
expect 0 specc status --target loopback
expect 0 specc logs --target loopback --tail 1
head_of 3 cat "$place/log"
kill "$server" && wait "$server"
server=

say 'The same command again sends nothing: the ledger knows what was accepted. A change is shown, and refused unasked.'
head_of 2 specc submit
sed -i.bak 's/rate: \[0.1, 0.2\]/rate: [0.1, 0.2, 0.25]/; s/default: 500/default: 600/' sweep.job.yaml
expect 10 specc plan --check --only grid=12
expect 1 specc submit --only grid=12

printf '\n%sThat was specc.%s More projects to try: examples/*/README.md; your own: specc init DIR\n' "$bold" "$plain"
