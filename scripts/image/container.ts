/** Checks a hardened container: it starts, answers, cannot write, and exits with 0. */
import { expect, get, until } from "./commands.ts"
import type { Docker } from "./engine.ts"

const hardened = ["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges:true", "--memory", "256m"]
const url = "http://127.0.0.1:18080"

export const checkContainer = async (docker: Docker): Promise<void> => {
  const open = docker.attempt("run", "--rm", "posh:0.1.0")
  expect("nobody's word opens it", open.code === 1 && open.output.startsWith("posh: POSH_HOST:"), open)

  const traced = await startedAfter(docker, "NODE_DEBUG_NATIVE=COMPILE_CACHE")
  const count = (text: string) => traced.output.split(text).length - 1
  const [wanted, accepted] = [count("reading cache from"), count("was accepted")]
  expect(
    "the compile cache has all parts of the bundle",
    accepted > 20 && accepted === wanted && !traced.output.includes("permission denied"),
    `${accepted} of ${wanted}`
  )

  const times = { with: [] as Array<number>, without: [] as Array<number> }
  for (let round = 0; round < 3; round += 1) {
    times.with.push((await startedAfter(docker, "NODE_ENV=production")).ms)
    times.without.push((await startedAfter(docker, "NODE_DISABLE_COMPILE_CACHE=1")).ms)
  }
  console.log(`  start to ready, ms: ${times.with.join(" ")}; without the compile cache: ${times.without.join(" ")}`)
}

/** Runs a container, and returns its output and the milliseconds from process start to its `listening` line. */
const startedAfter = async (docker: Docker, env: string) => {
  const id = docker.run(
    "run",
    "--detach",
    ...hardened,
    "--publish=127.0.0.1:18080:8080",
    "--env=POSH_AUTH=none",
    `--env=${env}`,
    "posh:0.1.0"
  ).trim()
  await until("the container is ready", async () => (await get(`${url}/health/ready`)).status === 200)
  const question = await get(`${url}/v1/verify?domain=a.test&service=xmpp-server&sha-256=${"0".repeat(64)}`)
  expect("it answers", question.body.includes(`"code":"InvalidSourceDomain"`), question)

  docker.run("exec", id, "node", "apps/server/bundle/health.js")
  expect("it runs as nobody", docker.run("exec", id, "node", "-p", "process.getuid()") === "65532\n")
  const write = docker.attempt("exec", id, "node", "-e", "require('fs').writeFileSync('/app/x', '')")
  expect("nothing can be written", write.output.includes("EROFS"), write)

  docker.run("stop", id)
  const [{ State }] = JSON.parse(docker.run("inspect", id))
  expect("it ends with 0", State.ExitCode === 0 && !State.OOMKilled, State)
  const { output } = docker.attempt("logs", "--timestamps", id)
  docker.run("rm", id)
  const [, at = ""] = /^(\S+) .*"listening on/m.exec(output) ?? []
  return { output, ms: Date.parse(at) - Date.parse(State.StartedAt) }
}
