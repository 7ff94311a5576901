#!/usr/bin/env bash
# The README's two commands on a machine that is new: a clean clone of HEAD, empty caches of packages, nothing on the path but the
# .NET SDK, Node.js, a C compiler, git and basic utilities, neither tracefs nor debugfs mounted. Every test must pass, or be
# skipped with its reason; nothing may hang, and no process may be left behind. Needs root, for a mount namespace.
#   NEW_MACHINE_LIMIT=SECONDS   how long each command may take [1500]
#   NEW_MACHINE_WITHOUT=node    a machine without Node.js
set -euo pipefail
repository=$(cd "$(dirname "$0")/.." && pwd)
limit=${NEW_MACHINE_LIMIT:-1500}

if [ "${1:-}" != inside ]; then
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    # Private, or what is unmounted here would be unmounted everywhere.
    /usr/bin/unshare --mount --propagation private "$0" inside "$work"
    exit
fi

work=$2
for place in /sys/kernel/tracing /sys/kernel/debug; do
    while mountpoint -q "$place"; do umount -R "$place"; done
done
! grep -E ' (tracefs|debugfs) ' /proc/mounts

mkdir "$work/bin" "$work/home" "$work/packages" "$work/tmp" "$work/results"
utilities="bash sh env cat cp mv rm ln ls mkdir mkfifo mktemp rmdir touch chmod chown stat readlink realpath dirname basename head tail
    cut tr sort uniq wc seq tee expr test [ true false echo printf pwd sleep timeout date id uname nproc od dd tty yes comm join
    df du install sha256sum nice nohup find xargs grep sed"
for tool in $utilities dotnet node npm cc as ld git; do
    case "$tool ${NEW_MACHINE_WITHOUT:-}" in "node node" | "npm node") continue ;; esac
    ln -s "$(type -P "$tool")" "$work/bin/$tool"
done

# Packages come from where whoever runs this has them from.
for file in .nuget/NuGet .npmrc; do
    [ -e "$HOME/$file" ] || continue
    mkdir -p "$work/home/$(dirname "$file")"
    cp -r "$HOME/$file" "$work/home/$file"
done
kept=()
while IFS='=' read -r name _; do
    case $name in
        NUGET_* | npm_config_* | NPM_CONFIG_* | http*_proxy | no_proxy | HTTP*_PROXY | NO_PROXY | SSL_CERT_FILE | NODE_EXTRA_CA_CERTS)
            kept+=("$name=${!name}") ;;
    esac
done < <(env)

run() { # run NAME STATUS COMMAND…: its output goes to NAME; says how long it took, and what it said if it ended otherwise
    local name=$1 expected=$2 start=$SECONDS status=0
    shift 2
    env -i PATH="$work/bin" HOME="$work/home" TMPDIR="$work/tmp" LANG=C.UTF-8 "${kept[@]}" NUGET_PACKAGES="$work/packages" \
        DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 timeout --kill-after=30 "$limit" "$@" >"$work/$name" 2>&1 </dev/null || status=$?
    echo "new-machine: $name: $((SECONDS - start)) s, exit status $status"
    [ "$status" != "$expected" ] || return 0
    case $status in 124 | 137) fault "$name hung: it had not ended in $limit s" ;; *) fault "$name failed" ;; esac
    grep -A 12 -E '^  Failed ' "$work/$name" | head -n 200 || true # the end of it is often about others
    tail -n 50 "$work/$name"
}

faults=0
fault() {
    faults=$((faults + 1))
    echo "new-machine: FAULT: $1"
}

git clone -q "$repository" "$work/clone"
cd "$work/clone"
run first-run 0 dotnet run --project src/Host -- -- sh -c 'seq 1000 | sort -rn | head -n 1'
cat "$work/first-run"
grep -qx 1000 "$work/first-run" || fault "the command's own output is missing"
[ "${NEW_MACHINE_WITHOUT:-}" = node ] || [ -f forkfollow-sh-*/report.html ] || fault "there is no report.html"

run tests 0 dotnet test ForkFollow.sln --logger trx --results-directory "$work/results"
grep -E '^(Passed|Failed|Skipped)!' "$work/tests" || fault "no test ran"

# One line for each test that was skipped: its reason, then its name.
awk '
    /<UnitTestResult / { name = $0; sub(/.* testName="/, "", name); sub(/" computerName.*/, "", name); skipped = /outcome="NotExecuted"/; reason = "" }
    skipped && /<Message>/ { reason = $0; sub(/^ *<Message>/, "", reason); sub(/<\/Message>.*/, "", reason) }
    /<\/UnitTestResult>|<UnitTestResult .*\/>/ { if (skipped) print (reason == "" ? "NO REASON" : reason) ": " name; skipped = 0 }
' "$work"/results/*.trx | sed 's/&quot;/"/g; s/&lt;/</g; s/&gt;/>/g; s/&amp;/\&/g' | sort >"$work/skipped"
echo "new-machine: $(wc -l <"$work/skipped") tests skipped:"
cat "$work/skipped"
! grep -q '^NO REASON' "$work/skipped" || fault "a test was skipped without a reason"

# Without Node.js: a build that says so, and a program that says so.
rm -rf "$work"/bin/n{ode,pm} src/Results/obj/web
run without-node 0 dotnet build src/Host
grep -q 'warning FFWEB1' "$work/without-node" || fault "the build did not say that it has no page"
run without-page 0 dotnet run --no-build --project src/Host -- -o without-page -- true
[ "$(grep -c 'report.html cannot be written' "$work/without-page")" = 1 ] && [ -f without-page/profile.pb.gz ] || fault "it was not said once that there is no page"
run html-refused 2 dotnet run --no-build --project src/Host -- -o html --format html -- true

# Whatever our path is in the environment of was started by what ran here. Servers of the build stay for the next one by design.
for process in /proc/[0-9]*; do
    grep -qzFx "PATH=$work/bin" "$process/environ" 2>/dev/null || continue
    line=$(tr '\0' ' ' <"$process/cmdline" 2>/dev/null || true)
    case $line in
        "" | *MSBuild.dll* | *VBCSCompiler* | *"dotnet build-server"*) ;;
        *) fault "left behind: $line" ;;
    esac
    kill -KILL "${process#/proc/}" 2>/dev/null || true
done

if [ "$faults" != 0 ]; then
    echo "new-machine: $faults faults"
    exit 1
fi
echo "new-machine: as it should be"
