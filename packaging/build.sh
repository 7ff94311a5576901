#!/usr/bin/env bash
# packaging/build.sh [DIR [RID…]]: makes in DIR (artifacts) all that is given away: an archive with the native program, its symbols
# and checksums for each RID; the packages of the tool (native for these, managed for others) and of the libraries. RIDs are what
# can be compiled for here: this machine, and on x86-64 linux-arm64 too, where gcc-aarch64-linux-gnu and libc6-dev-arm64-cross are
# installed. The same sources and tools give the same archive.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p "${1:-artifacts}"
out=$(cd "${1:-artifacts}" && pwd)
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
at=$(git log -1 --format=%ct 2>/dev/null || date +%s)

archive() { # archive FILE FOLDER NAME
    tar --sort=name --mtime="@$at" --owner=0 --group=0 --numeric-owner -C "$2" -c "$3" | gzip -9n >"$out/$1"
}

make_archive() { # make_archive RID: as below /usr/local, so that to unpack it there is to install it
    local published=src/Host/bin/Release/net10.0/$1/publish name=forkfollow-$version-$1
    local tree=$out/$name
    rm -rf "$tree"
    install -D -t "$tree/bin" "$published/forkfollow"
    install -D -m 644 -t "$tree/lib/systemd/system" packaging/forkfollow.service
    install -D -m 644 "$out/forkfollow.1" "$tree/share/man/man1/forkfollow.1"
    install -D -m 644 packaging/completions/forkfollow.bash "$tree/share/bash-completion/completions/forkfollow"
    install -D -m 644 -t "$tree/share/zsh/site-functions" packaging/completions/_forkfollow
    install -D -m 644 -t "$tree/share/fish/vendor_completions.d" packaging/completions/forkfollow.fish
    install -D -m 644 -t "$tree/share/doc/forkfollow" LICENSE appsettings.json
    archive "$name.tar.gz" "$out" "$name"
    archive "$name-symbols.tar.gz" "$published" forkfollow.dbg
    (cd "$out" && sha256sum "$name.tar.gz" "$name-symbols.tar.gz" >"$name.sha256")
}

rids=("${@:2}")
[ ${#rids[@]} -gt 0 ] || case $(uname -m) in
    x86_64)
        rids=(linux-x64)
        if command -v aarch64-linux-gnu-gcc >/dev/null && [ -e /usr/aarch64-linux-gnu/lib/libc.so.6 ]; then rids+=(linux-arm64); fi ;;
    aarch64) rids=(linux-arm64) ;;
    *) echo "build.sh: no native program is made on $(uname -m); dotnet build makes the managed one" >&2; exit 1 ;;
esac

for rid in "${rids[@]}"; do
    dotnet publish src/Host -c Release -r "$rid"
    if [ "$rid" = "${rids[0]}" ]; then
        program=src/Host/bin/Release/net10.0/$rid/publish/forkfollow
        version=$("$program" --version)
        "$program" '[man]' >"$out/forkfollow.1"
    fi
    make_archive "$rid"
    dotnet pack src/Host -c Release -r "$rid" -o "$out"
done
rm "$out/forkfollow.1"
dotnet pack src/Host -c Release -r any -o "$out"

# The libraries, and the package of the tool that names those above.
dotnet pack ForkFollow.sln -c Release -o "$out" "-p:ToolPackageRuntimeIdentifiers=\"$(printf '%s;' "${rids[@]}")any\""
echo "made in $out:"
ls -1 "$out"
