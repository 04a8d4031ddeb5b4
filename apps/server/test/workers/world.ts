/**
 * A service of several workers over a real Redis and real origins, and whose connections are whose.
 */
import type { Answer } from "@posh/api"
import { Behave, fingerprintsDocument, makeOrigins, makeRedis, selfSigned } from "@posh/testing"
import { Effect } from "effect"
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs"
import { Agent, request } from "node:http"
import type { Socket } from "node:net"
import { makeFolder } from "../access/world.ts"
import { run, until } from "../process/processes.ts"

/** Asked about before anything happens. */
export const warmDomains = Array.from({ length: 20 }, (_, index) => `warm${index}.example`)

/** Each is resolved while workers die. */
export const coldDomains = Array.from({ length: 60 }, (_, index) => `cold${index}.example`)

/** Its origin answers after two seconds. */
export const slowDomain = "slow.example"

/** What a service of workers needs; all domains vouch for the certificate. */
export const makeWorld = Effect.gen(function*() {
  const certificate = yield* selfSigned()
  const origins = yield* makeOrigins()
  const path = "/.well-known/posh/xmpp-server.json"
  const document = fingerprintsDocument([certificate], { expires: 3_600 })
  origins.setFallback((host, asked) =>
    asked === path ? Behave.json(document, { delayMs: host === slowDomain ? 2_000 : 0 }) : undefined
  )
  const redis = yield* makeRedis()
  const place = yield* makeFolder
  writeFileSync(place("ca.pem"), origins.caPem)
  return {
    certificate,
    place,
    env: {
      POSH_WORKERS: "2",
      POSH_REDIS_URL: redis.url,
      POSH_REDIS_TIMEOUT: "2s", // however busy the machine is
      POSH_CACHE_SECRET: "a secret that is long enough for anybody",
      POSH_CONNECT_TO: origins.connectTo,
      POSH_EXTRA_CA_FILE: place("ca.pem"),
      POSH_ALLOW_SPECIAL_USE_DOMAINS: "true"
    }
  }
})

/** Starts a service and waits until it listens, however busy the machine is. */
export const startWorkers = (env: Readonly<Record<string, string>>) =>
  Effect.gen(function*() {
    const service = yield* run(env)
    yield* until(() => service.output.stdout.includes("\"listening on") || service.child.exitCode !== null, 120_000)
    const portOf = (text: string) =>
      Number(new RegExp(`${text} https?://[^ "]*:(\\d+)`).exec(service.output.stdout)?.[1])
    return { ...service, port: portOf("listening on"), opsPort: portOf("health and metrics on") }
  })

/** Processes that are children of this one. */
export const childrenOf = (pid: number | undefined): ReadonlyArray<number> =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter((text) => text !== "").map(Number)

export const isAlive = (pid: number): boolean => {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"))
  } catch {
    return false
  }
}

/** Ports at the other end of the connections that a process has. */
export const peersOf = (pid: number): ReadonlySet<number> => {
  const inodes = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? []
      } catch {
        return []
      }
    })
  )
  const rows = readFileSync("/proc/net/tcp", "utf8").split("\n").slice(1).map((line) => line.trim().split(/\s+/))
  return new Set(
    rows.filter((row) => inodes.has(row[9] ?? "")).map((row) => Number.parseInt(row[2]?.split(":")[1] ?? "", 16))
  )
}

export interface Asked {
  /** `undefined`: the connection was lost. */
  readonly answer: Answer | undefined
  /** Of this side of the connection. */
  readonly localPort: number | undefined
}

/** Asks on one connection, one question after the other. */
export const makeCaller = (port: number, certificate: string) => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const ask = (domain: string): Promise<Asked> =>
    new Promise((resolve) => {
      let socket: Socket | undefined
      let localPort: number | undefined
      const outgoing = request({
        host: "127.0.0.1",
        port,
        agent,
        method: "POST",
        path: "/v1/verify",
        headers: { "content-type": "application/json" }
      })
      const lost = () => resolve({ answer: undefined, localPort: localPort ?? socket?.localPort })
      outgoing.on("socket", (given) => {
        socket = given
        const note = () => void (localPort = given.localPort)
        if (given.connecting) given.once("connect", note)
        else note()
      })
      outgoing.on("error", lost)
      outgoing.on("response", (response) => {
        let body = ""
        response.on("data", (chunk) => body += String(chunk))
        response.on("error", lost)
        response.on("end", () => resolve({ answer: JSON.parse(body), localPort }))
      })
      outgoing.end(JSON.stringify({ domain, service: "xmpp-server", certificate }))
    })
  return { ask, close: () => agent.destroy() }
}

/** On a connection of its own, which any worker may get; status 0 if there is no answer within ten seconds. */
export const get = (port: number, path: string) =>
  Effect.callback<{ readonly status: number; readonly text: string }>((resume) => {
    const none = () => resume(Effect.succeed({ status: 0, text: "" }))
    const outgoing = request({ host: "127.0.0.1", port, path, agent: false, timeout: 10_000 }, (response) => {
      let text = ""
      response.on("data", (chunk) => text += String(chunk))
      response.on("error", none)
      response.on("end", () => resume(Effect.succeed({ status: response.statusCode ?? 0, text })))
    })
    outgoing.on("error", none).on("timeout", () => outgoing.destroy())
    outgoing.end()
  })

/** Polls `/health/ready` for this status word. */
export const untilState = (port: number, state: string) =>
  get(port, "/health/ready").pipe(
    Effect.tap(() => Effect.sleep("50 millis")),
    Effect.repeat({ until: ({ text }) => text === `{"status":"${state}"}` }),
    Effect.timeoutOrElse({ duration: "60 seconds", orElse: () => Effect.die(new Error(`not ${state}`)) })
  )

/** The sum of all series that begin so. */
export const sumOf = (text: string, start: string): number =>
  text.split("\n").filter((line) => line.startsWith(start)).reduce(
    (sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))),
    0
  )
