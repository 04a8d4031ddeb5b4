/**
 * A fleet as deployed: separate processes over one real Redis.
 */
import { assert, describe, it } from "@effect/vitest"
import type { Answer, Inventory, Ready } from "@posh/api"
import { Behave, fingerprintsDocument, makeOrigins, makeRedis, selfSigned, serviceEntry } from "@posh/testing"
import { Effect, Fiber } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"

const main = serviceEntry()
const path = "/.well-known/posh/xmpp-server.json"

const startProcess = (env: Readonly<Record<string, string>>) =>
  Effect.acquireRelease(
    Effect.promise(() =>
      new Promise<{ readonly child: ChildProcess; readonly url: string }>((resolve, reject) => {
        const child = spawn(process.execPath, [main], { env: { POSH_PORT: "0", POSH_GRPC_PORT: "off", ...env } })
        let output = ""
        const collect = (chunk: unknown) => {
          output += String(chunk)
          const url = /listening on (http:\/\/[^ "]+)/.exec(output)?.[1]
          if (url !== undefined) resolve({ child, url })
        }
        child.stdout.on("data", collect)
        child.stderr.on("data", collect)
        child.once("close", () => reject(new Error(`the service did not start: ${output}`)))
      })
    ),
    ({ child }) =>
      Effect.promise(() => {
        if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve([])
        const ended = once(child, "close")
        child.kill("SIGTERM")
        return ended
      })
  )

const post = <A>(url: string, body: unknown) =>
  Effect.promise(async () => {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body)
    })
    assert.strictEqual(response.status, 200)
    return await response.json() as A
  })
const get = <A>(url: string) => Effect.promise(async () => await (await fetch(url)).json() as A)

const makeFleet = Effect.fnUntraced(function*(
  size: number,
  redisUrl: string,
  more: Readonly<Record<string, string>> = {}
) {
  const certificate = yield* selfSigned()
  const document = fingerprintsDocument([certificate], { expires: 3_600 })
  const origins = yield* makeOrigins({
    "cold.example": { routes: { [path]: Behave.json(document, { delayMs: 300 }) } },
    "plain.example": { routes: { [path]: Behave.json(document) } },
    "short.example": { routes: { [path]: Behave.json({ ...document, expires: 10 }) } },
    "failing.example": { routes: { [path]: Behave.json({ ...document, expires: 10 }) } }
  })
  const folder = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "posh-"))),
    (name) => Effect.promise(() => rm(name, { recursive: true }))
  )
  yield* Effect.promise(() => writeFile(join(folder, "ca.pem"), origins.caPem))
  const env = {
    POSH_REDIS_URL: redisUrl,
    POSH_CACHE_SECRET: "a secret of the whole fleet that is long enough",
    POSH_REDIS_TIMEOUT: "2s", // these processes, the origins and the askers share two cores
    POSH_CONNECT_TO: origins.connectTo,
    POSH_EXTRA_CA_FILE: join(folder, "ca.pem"),
    POSH_ALLOW_SPECIAL_USE_DOMAINS: "true",
    ...more
  }
  const replicas = yield* Effect.forEach(Array.from({ length: size }), () => startProcess(env), {
    concurrency: "unbounded"
  })
  const question = (domain: string) => ({ domain, service: "xmpp-server", certificate: certificate.pem })
  return { origins, urls: replicas.map(({ url }) => url), replicas, question, env }
})

describe("a fleet over one Redis", () => {
  it.live(
    "three replicas asked 1,000 times at once about one cold domain: the origin sees one resolution",
    () =>
      Effect.gen(function*() {
        const redis = yield* makeRedis()
        const { origins, question, urls } = yield* makeFleet(3, redis.url)
        const answers = yield* Effect.forEach(
          Array.from({ length: 1_000 }, (_, index) => urls[index % 3] ?? ""),
          (url) => post<Answer>(`${url}/v1/verify`, question("cold.example")),
          { concurrency: "unbounded" }
        )
        assert.isTrue(answers.every(({ valid }) => valid))
        assert.strictEqual(origins.countOf("cold.example"), 1)
      }),
    120_000
  )

  it.live("what one learned, all know; what one forgot, all forget within 100 ms", () =>
    Effect.gen(function*() {
      const redis = yield* makeRedis()
      const { origins, question, urls: [a = "", b = ""] } = yield* makeFleet(2, redis.url)
      const ask = (url: string) => post<Answer>(`${url}/v1/verify`, question("plain.example"))
      assert.deepInclude(yield* ask(a), { valid: true, cache: "miss" })
      assert.deepInclude(yield* ask(b), { valid: true, cache: "redis" })
      assert.deepInclude(yield* ask(b), { valid: true, cache: "memory" })
      assert.strictEqual(origins.countOf("plain.example"), 1)

      yield* Effect.promise(() => fetch(`${a}/v1/associations/plain.example/xmpp-server`, { method: "DELETE" }))
      yield* Effect.sleep("100 millis")
      assert.deepInclude(yield* ask(b), { valid: true, cache: "miss" })
      assert.strictEqual(origins.countOf("plain.example"), 2)
    }), 120_000)

  it.live(
    "Redis killed: answers go on, readiness says degraded, and all is well when it is back",
    () =>
      Effect.gen(function*() {
        const redis = yield* makeRedis()
        const { question, urls: [url = ""] } = yield* makeFleet(1, redis.url)
        const ask = (domain: string) => post<Answer>(`${url}/v1/verify`, question(domain))
        const readiness = Effect.map(get<Ready>(`${url}/health/ready`), ({ status }) => status)
        assert.isTrue((yield* ask("plain.example")).valid)
        assert.strictEqual(yield* readiness, "ready")

        yield* redis.kill()
        assert.isTrue((yield* ask("cold.example")).valid)
        assert.isTrue((yield* ask("plain.example")).valid)
        assert.strictEqual(yield* readiness, "degraded")
        const page = yield* get<Inventory>(`${url}/v1/associations`)
        assert.isTrue(page.partial)
        assert.sameMembers(page.associations.map(({ domain }) => domain), ["cold.example", "plain.example"])

        yield* redis.restart()
        const back = Effect.andThen(ask("plain.example"), readiness)
        yield* Effect.sleep("200 millis").pipe(
          Effect.andThen(back),
          Effect.repeat({ until: (status) => status === "ready" }),
          Effect.timeout("20 seconds")
        )
        assert.notProperty(yield* get<Inventory>(`${url}/v1/associations`), "partial")
      }),
    120_000
  )

  it.live("a purge made while Redis does not answer reaches the others when it does", () =>
    Effect.gen(function*() {
      const redis = yield* makeRedis()
      const more = { POSH_REDIS_TIMEOUT: "200ms" }
      const { origins, question, urls: [a = "", b = ""] } = yield* makeFleet(2, redis.url, more)
      const ask = (url: string) => post<Answer>(`${url}/v1/verify`, question("plain.example"))
      yield* ask(a)
      yield* redis.pause()
      yield* Effect.promise(() => fetch(`${b}/v1/associations/plain.example/xmpp-server`, { method: "DELETE" }))
      assert.deepInclude(yield* ask(a), { valid: true, cache: "memory" })
      yield* redis.resume()
      yield* ask(a).pipe(
        Effect.delay("100 millis"),
        Effect.repeat({ until: () => origins.countOf("plain.example") === 2 }),
        Effect.timeout("20 seconds")
      )
    }), 120_000)

  it.live("without memory of their own, replicas ask Redis each time", () =>
    Effect.gen(function*() {
      const redis = yield* makeRedis()
      const { origins, question, urls } = yield* makeFleet(2, redis.url, { POSH_CACHE_ENTRIES: "0" })
      const asked = [...urls, ...urls, ...urls]
      const answers = yield* Effect.forEach(asked, (url) => post<Answer>(`${url}/v1/verify`, question("plain.example")))
      assert.deepStrictEqual(answers.map(({ cache, valid }) => valid && cache), [
        "miss",
        ...asked.slice(1).map(() => "redis" as const)
      ])
      assert.strictEqual(origins.countOf("plain.example"), 1)
    }), 120_000)

  it.live("a purge on one ends what another is about to learn", () =>
    Effect.gen(function*() {
      const redis = yield* makeRedis()
      const { origins, question, urls: [a = "", b = ""] } = yield* makeFleet(2, redis.url)
      const ask = (url: string) => post<Answer>(`${url}/v1/verify`, question("cold.example"))
      const asked = yield* Effect.forkChild(ask(a))
      yield* Effect.sleep("10 millis").pipe(Effect.repeat({ until: () => origins.countOf("cold.example") === 1 }))
      yield* Effect.promise(() => fetch(`${b}/v1/associations/cold.example/xmpp-server`, { method: "DELETE" }))
      // The next question does not wait for earlier ones.
      const next = yield* Effect.forkChild(ask(b))
      assert.deepInclude(yield* Fiber.join(asked), { valid: true, cache: "miss" })
      assert.deepInclude(yield* Fiber.join(next), { valid: true, cache: "miss" })
      assert.strictEqual(origins.countOf("cold.example"), 2)
      assert.deepInclude(yield* ask(a), { valid: true, cache: "redis" })
    }), 120_000)

  it.live(
    "CAC-30, CAC-34: three replicas refresh ahead once; a refresh that fails takes nothing away",
    () =>
      Effect.gen(function*() {
        const redis = yield* makeRedis()
        const { origins, question, urls } = yield* makeFleet(3, redis.url)
        const ask = (domain: string) =>
          Effect.forEach(urls, (url) => post<Answer>(`${url}/v1/verify`, question(domain)), { concurrency: 3 })
        const ends = (answers: ReadonlyArray<Answer>) => new Set(answers.map(({ validUntil }) => validUntil))
        const first = yield* ask("short.example")
        yield* ask("failing.example")
        origins.setRoute("failing.example", path, Behave.status(503))
        // From before the first refresh until shortly before the first entry expires.
        const [end = ""] = ends(first)
        const until = (instant: number) => Effect.sleep(instant - Date.now())
        yield* until(Date.parse(end) - 2_200)
        while (Date.now() < Date.parse(end) - 400) {
          for (const domain of ["short.example", "failing.example"]) {
            assert.isTrue((yield* ask(domain)).every(({ cache, valid }) => valid && cache !== "miss"), domain)
          }
          yield* Effect.sleep("50 millis")
        }
        assert.strictEqual(origins.countOf("short.example"), 2)
        assert.strictEqual(origins.countOf("failing.example"), 2)
        const second = ends(yield* ask("short.example"))
        assert.strictEqual(second.size, 1)
        assert.isFalse(second.has(end))
      }),
    120_000
  )

  it.live("a leader that dies delays nobody beyond its lease", () =>
    Effect.gen(function*() {
      const redis = yield* makeRedis()
      const { origins, question, replicas: [leader, other] } = yield* makeFleet(2, redis.url)
      origins.setRoute("slow.example", path, Behave.hang)
      const asked = fetch(`${leader?.url}/v1/verify`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(question("slow.example"))
      }).then(() => "answered", () => "cut off")
      yield* Effect.sleep("20 millis").pipe(Effect.repeat({ until: () => origins.countOf("slow.example") === 1 }))
      leader?.child.kill("SIGKILL")
      assert.strictEqual(yield* Effect.promise(() => asked), "cut off")
      origins.setRoute("slow.example", path, Behave.status(404))
      const started = performance.now()
      const answer = yield* post<Answer>(`${other?.url}/v1/verify`, question("slow.example"))
      assert.strictEqual(answer.code, "NotPublished")
      assert.isBelow(performance.now() - started, 8_000) // the lease is 2 s, and a lead 13 s at the most
    }), 120_000)
})
