#!/bin/sh
# Starts the service; arguments are its own. What `scripts/bundle.ts` made of exactly these sources starts in a third of the
# time. Where there is none, or a source has changed since, the sources run. `--entry` prints which of the two;
# `--sources` prints what a bundle is compared by.
set -euf

scripts=$(CDPATH="" cd "$(dirname "$0")" && pwd)
root=$scripts/..
bundle=apps/server/bundle

# Names and contents: times do not tell, because a copy of a checkout may keep them.
sources() {
  cd "$root"
  find apps/server/src apps/server/package.json packages/core/src packages/core/package.json packages/api/src \
    packages/api/package.json docker/health.ts scripts/bundle.ts package-lock.json -type f |
    LC_ALL=C sort | xargs cksum | cksum
}

entry() {
  if [ -f "$root/$bundle/sources" ] && [ "$(sources)" = "$(cat "$root/$bundle/sources")" ]; then
    echo "$bundle/main.js"
  else
    echo apps/server/src/main.ts
  fi
}

case ${1-} in
  --entry) entry ;;
  --sources) sources ;;
  *) exec sh "$scripts/launch.sh" "$root/$(entry)" "$@" ;;
esac
