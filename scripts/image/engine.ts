/**
 * A Docker engine for the length of one task, and the commands of the guide in terms of what Debian has: Compose 1, which
 * reads the same file, in place of Compose 2.
 */
import { execFileSync, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { chmodSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { until } from "./commands.ts"

export interface Docker {
  /** A copy of this checkout, in which the guide's commands may leave files. */
  readonly checkout: string
  /** `docker …`; gives what it prints. */
  readonly run: (...args: ReadonlyArray<string>) => string
  /** A script in the checkout, which may say `docker`; gives what it prints. Fails where a command of it does. */
  readonly shell: (script: string) => string
  /** The same, while other things go on. */
  readonly background: (script: string) => Promise<void>
  /** As `run`, without a failure: exit code and everything printed. */
  readonly attempt: (...args: ReadonlyArray<string>) => { readonly code: number | null; readonly output: string }
}

/** Where the copy of this checkout is, below the folder of a run. */
export const checkoutIn = (folder: string): string => join(folder, "checkout")

/** Starts an engine that keeps its images below `folder`, and ends it. To `build`, it sets up no network of its own. */
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

const networkless = ["--bridge=none", "--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false"]

const makeDocker = (home: string, socket: string, checkout: string): Docker => {
  const bin = join(home, "bin")
  mkdirSync(bin)
  writeFileSync(join(bin, "docker"), shim)
  chmodSync(join(bin, "docker"), 0o755)
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

/** `compose up --wait` and `compose cp` are of Compose 2. Building uses the network of the engine. */
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
  for attempt in $(seq 120); do
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
