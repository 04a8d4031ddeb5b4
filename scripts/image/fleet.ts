/**
 * Checks the fleet of `docker/compose.yaml`, started with the guide's commands: separation, restarts, outage of Redis.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, get, step, until } from "./commands.ts"
import type { Docker } from "./engine.ts"
import { guide } from "./guide.ts"

const url = "http://127.0.0.1:8090"

export const checkFleet = async (docker: Docker): Promise<void> => {
  for (const { answer, name, script } of guide.run) {
    const output = step(name, () => docker.shell(script))
    if (answer !== undefined) expect(`${name} prints ${answer}`, output.trim() === answer.trim(), output)
  }
  checkSeparation(docker)
  await checkRestart(docker)
  await checkWithoutRedis(docker)
  docker.shell(guide.end)
  expect("nothing is left", docker.run("ps", "--all", "--quiet") === "", docker.run("ps", "--all"))
}

/** Only the load balancer is reachable from outside, and it cannot reach Redis. */
const checkSeparation = (docker: Docker): void => {
  const reach = (target: string) =>
    docker.attempt("exec", "posh_balancer_1", "bash", "-c", `exec 3<>/dev/tcp/${target}`).code === 0
  const [{ NetworkSettings }] = JSON.parse(docker.run("inspect", "posh_redis_1"))
  expect("the balancer reaches a replica", reach("posh-1/8080"))
  expect("the balancer does not reach Redis", !reach("redis/6379"))
  expect("nor by its address", !reach(`${NetworkSettings.Networks.posh_cache.IPAddress}/6379`))
  expect("Redis publishes no port", Object.values(NetworkSettings.Ports).every((port) => port === null))
}

/** A rolling restart: replicas are recreated one by one with other addresses, and no request is lost. */
const checkRestart = async (docker: Docker): Promise<void> => {
  const load = startLoad(join(docker.checkout, "docker/certificates/chat.pem"))
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
const startLoad = (certificate: string) => {
  const load = { right: 0, wrong: [] as Array<unknown>, running: true, stop: async () => {} }
  const pem = readFileSync(certificate, "utf8")
  const body = JSON.stringify({ domain: "orchard.example", service: "xmpp-server", certificate: pem })
  const ask = async () => {
    while (load.running) {
      const answer = await post(body)
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

const post = (body: string): Promise<string> =>
  fetch(`${url}/v1/verify`, { method: "POST", headers: { "content-type": "application/json" }, body })
    .then((response) => response.text(), (error: Error) => String(error.cause ?? error))

/** Without Redis the replicas are degraded, and the load balancer keeps them. */
const checkWithoutRedis = async (docker: Docker): Promise<void> => {
  docker.run("stop", "posh_redis_1")
  await until("replicas are degraded", async () => (await get(`${url}/health/ready`)).body === `{"status":"degraded"}`)
  const { body, status } = await get(`${url}/v1/associations/bank.example/xmpp-server`)
  expect("questions are answered without Redis", status === 200 && body.includes(`"state":"material"`), body)
}
