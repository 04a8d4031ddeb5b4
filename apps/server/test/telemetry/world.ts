/**
 * The service as a process, in a world of domains, and a collector of traces.
 */
import { Behave, fingerprintsDocument, makeOrigins, selfSigned, serviceEntry } from "@posh/testing"
import { Effect } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"

const main = serviceEntry()
const path = "/.well-known/posh/xmpp-server.json"

/** Domains named after what they do, and a folder for files. */
export const makeWorld = Effect.gen(function*() {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "posh-telemetry-"))),
    (name) => Effect.sync(() => rmSync(name, { recursive: true, force: true }))
  )
  const server = yield* selfSigned({ dnsNames: ["im.example"] })
  const stranger = yield* selfSigned({ dnsNames: ["im.example"] })
  const origins = yield* makeOrigins({
    "good.example": { routes: { [path]: Behave.json(fingerprintsDocument([server], { expires: 3_600 })) } },
    "broken.example": { routes: { [path]: Behave.text("{") } }
  })
  const caFile = join(folder, "ca.pem")
  writeFileSync(caFile, origins.caPem)
  const env = {
    POSH_ALLOW_SPECIAL_USE_DOMAINS: "true",
    POSH_CONNECT_TO: `refused.example:443=127.0.0.1:1,${origins.connectTo}`,
    POSH_EXTRA_CA_FILE: caFile
  }
  return { folder, server, stranger, env, origins, caFile }
})

export interface Service {
  readonly child: ChildProcess
  readonly output: { stdout: string; stderr: string }
  readonly get: (path: string, headers?: Readonly<Record<string, string>>) => Effect.Effect<Reply>
  readonly post: (path: string, body: object, headers?: Readonly<Record<string, string>>) => Effect.Effect<Reply>
  /** Stops it; the exit code. */
  readonly stop: Effect.Effect<number>
}

export interface Reply {
  readonly status: number
  readonly type: string | null
  readonly text: string
}

/** The process, whether it starts or not. */
export const spawnService = (env: Readonly<Record<string, string>>) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const child = spawn(process.execPath, [main], { env: { POSH_PORT: "0", POSH_GRPC_PORT: "off", ...env } })
      const output = { stdout: "", stderr: "" }
      child.stdout.on("data", (chunk) => output.stdout += String(chunk))
      child.stderr.on("data", (chunk) => output.stderr += String(chunk))
      return { child, output, ended: once(child, "close").then(([code]) => Number(code)) }
    }),
    ({ child }) => Effect.sync(() => child.kill("SIGKILL"))
  )

/** Ready to be asked. */
export const startService = (env: Readonly<Record<string, string>>) =>
  Effect.gen(function*() {
    const { child, ended, output } = yield* spawnService(env)
    yield* until(() => /listening on http/.test(output.stdout))
    const [, base = ""] = /listening on (http:\/\/[^ "]*)/.exec(output.stdout) ?? []
    const ask = (path: string, init: RequestInit) =>
      Effect.promise((): Promise<Reply> =>
        fetch(`${base}${path}`, init).then((response) =>
          response.text().then((text) => ({
            status: response.status,
            type: response.headers.get("content-type"),
            text
          }))
        )
      )
    return {
      child,
      output,
      get: (path, headers = {}) => ask(path, { headers }),
      post: (path, body, headers = {}) =>
        ask(path, {
          method: "POST",
          body: JSON.stringify(body),
          headers: { "content-type": "application/json", ...headers }
        }),
      stop: Effect.suspend(() => {
        child.kill("SIGTERM")
        return Effect.promise(() => ended)
      })
    } satisfies Service
  })

/** Waits for what another process is about to do. */
export const until = (condition: () => boolean, withinMs = 60_000) =>
  Effect.suspend(() => Effect.sleep(condition() ? 0 : 20)).pipe(
    Effect.repeat({ until: condition }),
    Effect.timeoutOrElse({ duration: withinMs, orElse: () => Effect.die(new Error("waited in vain")) })
  )

/** The value of one series in the text of Prometheus. */
export const valueOf = (text: string, series: string): number => {
  const line = text.split("\n").find((candidate) => candidate.startsWith(`${series} `))
  if (line === undefined) throw new Error(`there is no ${series}`)
  return Number(line.slice(series.length + 1))
}

/** The parts of a span that tests look at. */
export interface Span {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly attributes: ReadonlyArray<{ readonly key: string; readonly value: object }>
}

export interface Collector {
  readonly url: string
  readonly spans: ReadonlyArray<Span>
  /** The attributes of the resource of each batch. */
  readonly resources: ReadonlyArray<Span["attributes"]>
  /** Everything that came, as it came. */
  readonly bodies: ReadonlyArray<string>
  readonly headers: ReadonlyArray<Readonly<Record<string, unknown>>>
  /** From now on requests are taken and not answered. */
  readonly stall: () => void
}

/** Takes traces over OTLP/HTTP; reads JSON. */
export const makeCollector = Effect.map(
  Effect.acquireRelease(
    Effect.callback<{ readonly collector: Collector; readonly stop: () => void }>((resume) => {
      const spans: Array<Span> = []
      const resources: Array<Span["attributes"]> = []
      const bodies: Array<string> = []
      const headers: Array<Readonly<Record<string, unknown>>> = []
      const state = { stalls: false }
      const server = createServer((request, response) => {
        let body = ""
        request.on("data", (chunk) => body += String(chunk))
        request.on("end", () => {
          headers.push({ ...request.headers, path: request.url })
          bodies.push(body)
          if (state.stalls) return
          const isJson = request.headers["content-type"] === "application/json"
          for (const { resource, scopeSpans } of isJson ? JSON.parse(body).resourceSpans : []) {
            resources.push(resource.attributes)
            for (const scope of scopeSpans) spans.push(...scope.spans)
          }
          response.writeHead(200, { "content-type": "application/json" }).end("{}")
        })
      }).listen(0, "127.0.0.1", () => {
        const { port } = server.address() as AddressInfo
        const stall = () => {
          state.stalls = true
        }
        const collector = { url: `http://127.0.0.1:${port}`, spans, resources, bodies, headers, stall }
        resume(Effect.succeed({
          collector,
          stop: () => {
            server.closeAllConnections()
            server.close()
          }
        }))
      })
    }),
    ({ stop }) => Effect.sync(stop)
  ),
  ({ collector }) => collector
)
