/**
 * A temporary Docker engine, and a shim that runs the guide's commands of Compose 2 with Debian's Compose 1, which
 * reads the same file.
 */
import { execFileSync, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { chmodSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { until } from "./commands.ts"

export interface Docker {
  /** A copy of this checkout, in which the guide's commands may write files. */
  readonly checkout: string
  /** Runs `docker …`; returns its output. */
  readonly run: (...args: ReadonlyArray<string>) => string
  /** Runs a shell script in the checkout, with `docker` on its path; returns its output. Fails if a command fails. */
  readonly shell: (script: string) => string
  /** As `shell`, but asynchronous. */
  readonly background: (script: string) => Promise<void>
  /** As `run`, but never fails: returns exit code and output. */
  readonly attempt: (...args: ReadonlyArray<string>) => { readonly code: number | null; readonly output: string }
}

/** Path of the copy of this checkout, below the folder of a run. */
export const checkoutIn = (folder: string): string => join(folder, "checkout")

/** Runs an engine with its images below `folder`, and stops it. For `build` it sets up no network. */
export const withEngine = async (
  folder: string,
  purpose: "build" | "run",
  use: (docker: Docker) => void | Promise<void>
): Promise<void> => {
  const home = join(folder, purpose)
  mkdirSync(home)
  const socket = `unix://${home}/socket`
  const output = openSync(join(home, "output"), "w")
  const engine = spawn("dockerd", [
    `--host=${socket}`,
    `--data-root=${join(folder, "data")}`,
    `--exec-root=${join(home, "exec")}`,
    `--pidfile=${join(home, "pid")}`,
    ...(purpose === "build" ? networkless : [])
  ], { stdio: ["ignore", output, output] })
  const ended = once(engine, "close")
  const docker = makeDocker(home, socket, checkoutIn(folder))
  try {
    await until("the Docker engine answers", () => {
      if (engine.exitCode !== null) throw new Error(readFileSync(join(home, "output"), "utf8"))
      return docker.attempt("info").code === 0
    })
    await use(docker)
  } finally {
    engine.kill("SIGTERM")
    await ended
  }
}

/** This is root already. */
const sudo = `#!/bin/sh
exec "$@"
`

const networkless = ["--bridge=none", "--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false"]

const makeDocker = (home: string, socket: string, checkout: string): Docker => {
  const bin = join(home, "bin")
  mkdirSync(bin)
  writeFileSync(join(bin, "docker"), shim)
  chmodSync(join(bin, "docker"), 0o755)
  writeFileSync(join(bin, "sudo"), sudo)
  chmodSync(join(bin, "sudo"), 0o755)
  const env = {
    ...process.env,
    PATH: `${bin}:${process.env["PATH"]}`,
    DOCKER_HOST: socket,
    DOCKER_BUILDKIT: "1",
    COMPOSE_DOCKER_CLI_BUILD: "1"
  }
  const options = { cwd: checkout, env, encoding: "utf8", maxBuffer: 2 ** 28 } as const
  return {
    checkout,
    run: (...args) => execFileSync("docker", args, options),
    shell: (script) => execFileSync("sh", ["-euc", script], options),
    background: async (script) => {
      const [code] = await once(spawn("sh", ["-euc", script], { ...options, stdio: "ignore" }), "close")
      if (code !== 0) throw new Error(`${script} ended with ${code}`)
    },
    attempt: (...args) => {
      const { status, stderr, stdout } = spawnSync("docker", args, options)
      return { code: status, output: `${stdout}${stderr}` }
    }
  }
}

/** Emulates `compose up --wait` and `compose cp` of Compose 2. Builds use the host's network. */
const shim = `#!/bin/sh
set -eu
docker=/usr/bin/docker
[ "\${1:-}" = build ] && { shift; exec $docker build --network host "$@"; }
[ "\${1:-}" = compose ] || exec $docker "$@"
shift
profile=
[ "\${1:-}" = --profile ] && { profile="--profile $2"; shift 2; }
case "$1" in
up)
  docker-compose $profile up $(echo "\${*#up}" | sed 's/--wait//')
  for attempt in $(seq 600); do
    states=$($docker ps --all --format '{{.Names}} {{.Status}}' --filter label=com.docker.compose.project)
    echo "$states" | grep -qv '(healthy)' || exit 0
    sleep 0.5
  done
  echo "$states" >&2
  exit 1 ;;
cp)
  exec $docker cp "$(docker-compose $profile ps -q "\${2%%:*}"):\${2#*:}" "$3" ;;
*)
  exec docker-compose $profile "$@" ;;
esac
`
