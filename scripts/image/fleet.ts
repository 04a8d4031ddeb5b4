/**
 * Checks the fleet of `docker/compose.yaml`, started with the guide's commands: separation, restarts, outage of Redis.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { isDocumented } from "../../packages/testing/src/documented/commands.ts"
import { expect, get, step, until } from "./commands.ts"
import type { Docker } from "./engine.ts"
import { guide, scriptOf, titleOf } from "./guide.ts"

const url = "http://127.0.0.1:8090"

/** The key of the guide. */
type Headers = Readonly<Record<string, string>>

export const checkFleet = async (docker: Docker): Promise<void> => {
  let headers: Headers = {}
  for (const command of guide.run) {
    const output = step(titleOf(command), () => docker.shell(scriptOf(command)))
    const { answer } = command
    const [key] = /posh_[\w-]{43}/.exec(output) ?? []
    if (key !== undefined) headers = { authorization: `Bearer ${key}` }
    if (answer !== undefined) {
      expect(`it prints ${answer.text}`, isDocumented(`${output.trim()}\n`, answer.text), output)
    }
  }
  checkSecrets(docker)
  checkSeparation(docker)
  await checkRestart(docker, headers)
  await checkWithoutRedis(docker, headers)
  for (const command of guide.end) docker.shell(scriptOf(command))
  expect("nothing is left", docker.run("ps", "--all", "--quiet") === "", docker.run("ps", "--all"))
}

/** No secret is in what the engine tells of the containers, and no replica says that its files are readable to others. */
const checkSecrets = (docker: Docker): void => {
  const secrets = docker.shell("cd docker && cat secrets/*").split(/[\s,]+/).filter((text) => text !== "")
  const told = docker.run("inspect", ...docker.run("ps", "--all", "--quiet").trim().split("\n"))
  expect("docker inspect shows no secret", secrets.length >= 5 && !secrets.some((secret) => told.includes(secret)))
  const { output } = docker.attempt("logs", "posh_posh-1_1")
  expect("files of secrets are for the service alone", !output.includes("other users may"), output)
  expect("settings come from the files of the guide", output.includes("/run/secrets/redis-url"), output)
}

/** Only the load balancer is reachable from outside, and it cannot reach Redis. */
const checkSeparation = (docker: Docker): void => {
  const reach = (target: string) =>
    docker.attempt("exec", "posh_balancer_1", "timeout", "5", "bash", "-c", `exec 3<>/dev/tcp/${target}`).code === 0
  const [{ NetworkSettings }] = JSON.parse(docker.run("inspect", "posh_redis_1"))
  expect("the balancer reaches a replica", reach("posh-1/8080"))
  expect("the balancer does not reach Redis", !reach("redis/6379"))
  expect("nor by its address", !reach(`${NetworkSettings.Networks.posh_cache.IPAddress}/6379`))
  expect("Redis publishes no port", Object.values(NetworkSettings.Ports).every((port) => port === null))
}

/** A rolling restart: replicas are recreated one by one with other addresses, and no request is lost. */
const checkRestart = async (docker: Docker, headers: Headers): Promise<void> => {
  const load = startLoad(join(docker.checkout, "docker/certificates/chat.pem"), headers)
  await until("answers come", () => load.right > 100)
  for (const replica of ["demo-1", "demo-2"]) {
    await docker.background(
      `cd docker && docker compose --profile demo up --detach --wait --no-deps --force-recreate ${replica}`
    )
    const before = load.right
    await until("answers still come", () => load.right > before + 100)
  }
  await load.stop()
  console.log(`  rolling restart: ${load.right} right answers, ${load.wrong.length} others`)
  expect("no request is lost", load.wrong.length === 0, load.wrong)
}

/** Enough load to hit every moment of a restart, but not so much that a start takes minutes. */
const startLoad = (certificate: string, headers: Headers) => {
  const load = { right: 0, wrong: [] as Array<unknown>, running: true, stop: async () => {} }
  const pem = readFileSync(certificate, "utf8")
  const body = JSON.stringify({ domain: "orchard.example", service: "xmpp-server", certificate: pem })
  const ask = async () => {
    while (load.running) {
      const answer = await post(body, headers)
      if (answer.includes(`"verdict":"verified"`)) load.right += 1
      else load.wrong.push(answer)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  const callers = Promise.all(Array.from({ length: 8 }, ask))
  load.stop = async () => {
    load.running = false
    await callers
  }
  return load
}

const post = (body: string, headers: Headers): Promise<string> =>
  fetch(`${url}/v1/verify`, { method: "POST", headers: { ...headers, "content-type": "application/json" }, body })
    .then((response) => response.text(), (error: Error) => String(error.cause ?? error))

/** Without Redis the replicas are degraded, and the load balancer keeps them. */
const checkWithoutRedis = async (docker: Docker, headers: Headers): Promise<void> => {
  docker.run("stop", "posh_redis_1")
  await until("replicas are degraded", async () => (await get(`${url}/health/ready`)).body === `{"status":"degraded"}`)
  const { body, status } = await get(`${url}/v1/associations/bank.example/xmpp-server`, headers)
  expect("questions are answered without Redis", status === 200 && body.includes(`"state":"material"`), body)
}
