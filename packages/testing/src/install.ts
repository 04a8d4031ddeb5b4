/**
 * Installs packages of Debian, and starts none of the daemons that they bring: Debian asks `policy-rc.d` before it starts
 * one (Debian Policy, section 9.3.3.1).
 */
import { spawnSync } from "node:child_process"
import { tmpdir } from "node:os"
import { join } from "node:path"

const policyFile = "/usr/sbin/policy-rc.d"

/** Is true if apt-get says that the packages are installed. `policy` is where Debian looks. */
export const install = (debianPackages: ReadonlyArray<string>, policy: string = policyFile): boolean =>
  spawnSync(
    "/usr/bin/flock",
    [join(tmpdir(), "posh-test-install.lock"), "/bin/sh", "-c", script, "install", policy, ...debianPackages],
    { stdio: "ignore", env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } }
  ).status === 0

/**
 * A policy that is there already stays, unless an earlier run was killed before it could remove its own. Test files run
 * concurrently: the lock around this keeps one from removing the policy while another installs.
 */
const script = `
policy=$1
shift
mark='posh tests: no daemons'
case "$(/bin/cat "$policy" 2> /dev/null)" in
  '' | *"$mark"*)
    trap '/bin/rm -f "$policy"' EXIT
    trap 'exit 143' HUP INT TERM
    printf '#!/bin/sh\\n# %s\\nexit 101\\n' "$mark" > "$policy"
    /bin/chmod 755 "$policy" ;;
esac
apt-get install -y -o DPkg::Lock::Timeout=120 "$@"
`
