/** Who goes away is not worked for, unless somebody else waits for the same (POSH-RES-92). */
import { assert, describe, it } from "@effect/vitest"
import { parseConnectTo } from "@posh/core/node"
import { Effect, Layer, Result, type Scope } from "effect"
import { type ClientRequest, request } from "node:http"
import { createServer, type Socket } from "node:net"
import { Service } from "../service.ts"
import { hangingDomain, layerService } from "./hanging.ts"

/** Takes connections and never says a word; knows how many are open. */
const silentServer = Effect.gen(function*() {
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket.on("error", () => undefined).once("close", () => open.delete(socket)).resume())
  })
  const port = yield* Effect.acquireRelease(
    Effect.callback<number>((resume) =>
      void server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
      })
    ),
    () =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        for (const socket of open) socket.destroy()
      })
  )
  return { open, port }
})

type Caller = (baseUrl: string, domain: string) => ClientRequest

const question = (domain: string) => ({ domain, service: "xmpp-server", fingerprint: { "sha-256": "00".repeat(32) } })

const post = (baseUrl: string, path: string, body: unknown, type = "application/json"): ClientRequest => {
  const asked = request(new URL(path, baseUrl), { method: "POST", headers: { "content-type": type } })
  asked.on("error", () => undefined).end(JSON.stringify(body))
  return asked
}

const callers: Readonly<Record<string, Caller>> = {
  "POST": (baseUrl, domain) => post(baseUrl, "/v1/verify", question(domain)),
  // Not the usual media type, so that the router answers.
  "POST by the router": (baseUrl, domain) =>
    post(baseUrl, "/v1/verify", question(domain), "application/json; charset=utf-8"),
  "GET": (baseUrl, domain) =>
    request(
      new URL(`/v1/verify?domain=${domain}&service=xmpp-server&sha-256=${"00".repeat(32)}`, baseUrl)
    ).on("error", () => undefined).end(),
  "a batch": (baseUrl, domain) => post(baseUrl, "/v1/verify/batch", { requests: [question(domain), question(domain)] }),
  "an association": (baseUrl, domain) =>
    request(new URL(`/v1/associations/${domain}/xmpp-server`, baseUrl)).on("error", () => undefined).end()
}

const eventually = (condition: () => boolean) =>
  Effect.sleep(2).pipe(Effect.repeat({ until: condition }), Effect.timeout(2_000), Effect.orDie)

/** A service and the web server that all domains lead to. */
const world = (inFlight = 256): Effect.Effect<
  { readonly baseUrl: string; readonly open: ReadonlySet<Socket> },
  never,
  Scope.Scope
> =>
  Effect.gen(function*() {
    const { open, port } = yield* silentServer
    const connectTo = Result.getOrThrow(parseConnectTo(`:443=127.0.0.1:${port}`))
    const service = yield* Effect.orDie(Layer.build(layerService({ egress: { connectTo }, budgets: { inFlight } })))
    return { open, baseUrl: yield* Effect.provide(Service.use(({ baseUrl }) => Effect.succeed(baseUrl)), service) }
  })

describe("a caller who goes away", () => {
  it.live.each(Object.entries(callers))(
    "%s: takes the connection to the web server along",
    ([, call]) =>
      Effect.gen(function*() {
        const { baseUrl, open } = yield* world()
        const asked = call(baseUrl, hangingDomain)
        yield* eventually(() => open.size === 1)
        asked.destroy()
        yield* eventually(() => open.size === 0)
      })
  )

  it.live("leaves it to whoever waits for the same, to the last", () =>
    Effect.gen(function*() {
      const { baseUrl, open } = yield* world()
      const asked = Object.values(callers).map((call) => call(baseUrl, hangingDomain))
      yield* eventually(() => open.size === 1)
      yield* Effect.sleep(200) // all of them are waiting now
      const last = asked.pop()
      for (const one of asked) one.destroy()
      yield* Effect.sleep(300)
      assert.strictEqual(open.size, 1)
      last?.destroy()
      yield* eventually(() => open.size === 0)
    }))

  it.live("leaves the queue as well", () =>
    Effect.gen(function*() {
      const { baseUrl, open } = yield* world(1)
      const call = callers["POST"]
      assert(call !== undefined)
      const first = call(baseUrl, "first.example")
      yield* eventually(() => open.size === 1)
      const [port] = [...open].map(({ remotePort }) => remotePort)
      const queued = Array.from({ length: 20 }, (_, index) => call(baseUrl, `queued${index}.example`))
      yield* Effect.sleep(200)
      for (const one of queued) one.destroy()
      const last = call(baseUrl, "last.example")
      yield* Effect.sleep(200)
      first.destroy()
      // The next connection is the last caller's: were it anybody else's, it would have ended with its caller.
      yield* eventually(() => open.size === 1 && [...open].every(({ remotePort }) => remotePort !== port))
      yield* Effect.sleep(200)
      assert.strictEqual(open.size, 1)
      last.destroy()
      yield* eventually(() => open.size === 0)
    }))
})
