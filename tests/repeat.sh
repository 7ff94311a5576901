#!/usr/bin/env bash
# tests/repeat.sh COUNT PROJECT [FILTER]: runs the tests of a built project again and again, and counts: a test is good when it
# passes 50 times on a quiet machine and 20 times on a busy one. What failed is shown, and kept below the temporary folder.
#   LOADED=1   with both CPUs, or all that there are, kept busy by others
set -euo pipefail
cd "$(dirname "$0")/.."
count=$1 project=$2 filter=${3:-}
kept=$(mktemp -d)
if [ -n "${LOADED:-}" ]; then
    for _ in $(seq "$(nproc)"); do
        timeout 3600 sh -c 'while :; do :; done' &
    done
    trap 'kill $(jobs -p) 2>/dev/null || true' EXIT
fi

passed=0 failed=0
for i in $(seq "$count"); do
    if timeout --kill-after=30 600 dotnet test "tests/$project" --no-build ${filter:+--filter "$filter"} >"$kept/$i" 2>&1; then
        passed=$((passed + 1))
        rm "$kept/$i"
    else
        failed=$((failed + 1))
        grep -E '\[FAIL\]' "$kept/$i" || tail -n 3 "$kept/$i"
    fi
done
echo "$project${filter:+ ($filter)}${LOADED:+, loaded}: $passed of $count passed; failures in $kept"
[ "$failed" = 0 ]
