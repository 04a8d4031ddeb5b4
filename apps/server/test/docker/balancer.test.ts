/**
 * `docker/haproxy.cfg` before two real replicas: one of them may stop and start at any moment, and no caller notices.
 */
import { assert, beforeAll, describe, it } from "@effect/vitest"
import { ensureInstalled, freePort } from "@posh/testing"
import { Effect } from "effect"
import { X509Certificate } from "node:crypto"
import { request } from "node:http"
import { domains, makeWorld } from "../../demo/world.ts"
import { makeKey } from "../../src/access/Key.ts"
import { folder, startBalancer, startReplica, until } from "./fleet.ts"

interface Counts {
  right: number
  readonly wrong: Array<string>
}

/** Callers that ask one question after the other until told to stop. */
const load = (url: string, callers: number) => {
  const counts: Counts = { right: 0, wrong: [] }
  const state = { running: true }
  const ask = async () => {
    while (state.running) {
      const answer = await fetch(url, { headers: { accept: "text/plain" } })
        .then(
          async (response) => `${response.status} ${await response.text()}`,
          (error) => String(error.cause ?? error)
        )
      if (answer === "200 verified\n") counts.right += 1
      else counts.wrong.push(answer)
    }
  }
  const all = Promise.all(Array.from({ length: callers }, ask))
  return {
    counts,
    stop: Effect.promise(() => {
      state.running = false
      return all
    })
  }
}

const ask = (url: string) =>
  Effect.promise(() => fetch(url).then(async (response) => ({ response, body: await response.text() })))

const sha256 = (pem: string) => new X509Certificate(pem).fingerprint256.replaceAll(":", "")

/** Whom the replica takes for the caller of the request: the address of its line about a refused key. */
const addressIn = (output: string) => /"address":"([^"]*)"/.exec(output)?.[1]

describe("the load balancer", () => {
  beforeAll(() => ensureInstalled("haproxy", "-v"), 300_000)

  it.live("loses no request when one replica after the other is restarted under load", () =>
    Effect.gen(function*() {
      const directory = yield* folder
      const world = yield* makeWorld()
      const [port, first, second] = [yield* freePort, yield* freePort, yield* freePort]
      const balancer = yield* startBalancer(directory, port, [first, second])
      // At the start of a line alone: the balancer also warns of what it logs.
      const said = (name: string, state: string) =>
        balancer.output().match(new RegExp(`^Server replicas/${name} is ${state}`, "gm"))?.length ?? 0
      const isUp = (name: string, times: number) => until(`${name} is up`, () => said(name, "UP") === times)

      const replicas = [yield* startReplica(world, directory, first), yield* startReplica(world, directory, second)]
      yield* Effect.all([isUp("posh-1", 1), isUp("posh-2", 1)])

      const { counts, stop } = load(
        `http://127.0.0.1:${port}/v1/verify?domain=${domains.hosted}&service=xmpp-server&sha-256=${
          sha256(world.certificates.chat.pem)
        }`,
        16
      )
      for (const [index, replica] of replicas.entries()) {
        const name = `posh-${index + 1}`
        const before = counts.right
        yield* until("answers come", () => counts.right > before + 100)
        const downs = said(name, "DOWN")
        assert.strictEqual(yield* replica.stop, 0)
        const alone = counts.right
        yield* until("answers come from the other", () => counts.right > alone + 100)
        // A start is so fast that the balancer may not notice. The next replica stops only when it knows of this one.
        yield* until("it is given up", () => said(name, "DOWN") > downs)
        yield* startReplica(world, directory, index === 0 ? first : second)
        yield* isUp(name, 2)
      }
      yield* stop
      assert.deepStrictEqual(counts.wrong, [])
    }).pipe(Effect.scoped), 120_000)

  it.live("tells replicas who asks, whatever the caller writes into its headers", () =>
    Effect.gen(function*() {
      const directory = yield* folder
      const world = yield* makeWorld()
      const [port, first, second] = [yield* freePort, yield* freePort, yield* freePort]
      const balancer = yield* startBalancer(directory, port, [first, second])
      const { entry } = makeKey("fleet", "verify")
      const replica = yield* startReplica(world, directory, first, {
        POSH_AUTH: "",
        POSH_API_KEYS: `fleet:verify:${entry.sha256}`,
        POSH_LOG_FORMAT: "json"
      })
      yield* until("the replica is up", () => balancer.output().includes("Server replicas/posh-1 is UP"))
      const status = yield* Effect.callback<number | undefined>((resume) => {
        request({
          port,
          host: "127.0.0.1",
          localAddress: "127.0.0.77",
          path: "/v1/associations",
          headers: { authorization: "Bearer guessed-guessed-guessed" }
        }, ({ statusCode }) => resume(Effect.succeed(statusCode))).end()
      })
      assert.strictEqual(status, 401)
      yield* until("the line is written", () => addressIn(replica.output()) !== undefined)
      assert.strictEqual(addressIn(replica.output()), "127.0.0.77")
    }).pipe(Effect.scoped), 120_000)

  it.live(
    "sends questions to a degraded replica, and answers with a problem where there is none",
    () =>
      Effect.gen(function*() {
        const directory = yield* folder
        const world = yield* makeWorld()
        const [port, first, second] = [yield* freePort, yield* freePort, yield* freePort]
        const balancer = yield* startBalancer(directory, port, [first, second])
        const replica = yield* startReplica(world, directory, first, { POSH_REDIS_URL: "redis://127.0.0.1:2" })
        yield* until("the replica is up", () => balancer.output().includes("Server replicas/posh-1 is UP"))

        const ready = yield* ask(`http://127.0.0.1:${port}/health/ready`)
        assert.deepStrictEqual([ready.response.status, ready.body], [200, `{"status":"degraded"}`])
        assert.strictEqual((yield* ask(`http://127.0.0.1:${port}/metrics`)).response.status, 404)

        assert.strictEqual(yield* replica.stop, 0)
        const none = yield* ask(`http://127.0.0.1:${port}/health/ready`)
        assert.strictEqual(none.response.status, 503)
        assert.strictEqual(none.response.headers.get("content-type"), "application/problem+json")
        assert.include(none.body, `"code":"Overloaded"`)
      }).pipe(Effect.scoped),
    120_000
  )
})
