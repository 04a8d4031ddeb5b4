/**
 * A real `unbound` on loopback: it serves signed zones to itself, validates them, and answers as a resolver does. The scope
 * ends it in any state.
 */
import { Effect } from "effect"
import type { Scope } from "effect"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { LOOPBACK } from "../listen.ts"
import { startChild } from "../redis/children.ts"
import type { Child } from "../redis/children.ts"
import { freePort } from "../redis/ports.ts"
import { until } from "../redis/waiting.ts"
import { ensureInstalled } from "../tools.ts"
import { signZones } from "./zones.ts"
import type { DnssecZone, SignedZone } from "./zones.ts"

export interface UnboundOptions {
  readonly zones: ReadonlyArray<DnssecZone>
  /** PEM of a certificate and its chain, and its key: serves DNS over TLS and over HTTPS too. */
  readonly tls?: { readonly cert: string; readonly key: string }
  /** Default true. A resolver that does not validate sets no AD. */
  readonly validate?: boolean
  /** Default true: says why validation fails (RFC 8914). */
  readonly extendedErrors?: boolean
}

export interface Unbound {
  /** Of UDP and TCP. */
  readonly port: number
  /** 0 without `tls`. */
  readonly tlsPort: number
  /** Path `/dns-query`; HTTP/2 alone. 0 without `tls`. */
  readonly httpsPort: number
  /** Sends SIGKILL, and waits for the end of the process. */
  readonly kill: () => Effect.Effect<void>
  /** SIGSTOP: nothing is answered. */
  readonly pause: () => Effect.Effect<void>
  /** SIGCONT. */
  readonly resume: () => Effect.Effect<void>
  /** Kills a running process, and starts a new one on the same ports. */
  readonly restart: () => Effect.Effect<void>
}

export const makeUnbound = (options: UnboundOptions): Effect.Effect<Unbound, never, Scope.Scope> =>
  Effect.gen(function*() {
    yield* Effect.sync(() => ensureInstalled("unbound", "-V"))
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "posh-unbound-"))),
      (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true, maxRetries: 3 }))
    )
    const zones = yield* Effect.sync(() => signZones(options.zones, folder))
    const file = join(folder, "unbound.conf")
    const state: { child?: Child } = {}
    const signal = (name: NodeJS.Signals) => () => Effect.sync(() => state.child?.signal(name))
    const kill = () => Effect.andThen(signal("SIGKILL")(), Effect.suspend(() => state.child?.ended ?? Effect.void))

    /** False if a port is in use. */
    const start = (port: number) =>
      Effect.gen(function*() {
        const child = yield* startChild("unbound", ["-d", "-p", "-c", file], folder).pipe(
          Effect.tap((started) => Effect.sync(() => void (state.child = started))),
          Effect.uninterruptible
        )
        yield* until("unbound listens", Effect.map(isListening(port), (listens) => listens || child.hasEnded()))
        if (!child.hasEnded()) return true
        if (child.output().includes("ddress already in use")) return false
        throw new Error(`unbound has ended: ${child.output()}`)
      })

    const startSomewhere: Effect.Effect<Ports> = Effect.gen(function*() {
      const ports = { port: yield* freePort, tlsPort: yield* freePort, httpsPort: yield* freePort }
      yield* Effect.sync(() => writeFileSync(file, `${settings(options, ports, zones, folder).join("\n")}\n`))
      return (yield* start(ports.port)) ? ports : yield* startSomewhere
    })

    yield* Effect.addFinalizer(kill)
    const ports = yield* startSomewhere
    return {
      ...ports,
      ...(options.tls === undefined ? { tlsPort: 0, httpsPort: 0 } : {}),
      kill,
      pause: signal("SIGSTOP"),
      resume: signal("SIGCONT"),
      restart: () => Effect.andThen(kill(), until("the ports are free again", start(ports.port)))
    }
  })

interface Ports {
  readonly port: number
  readonly tlsPort: number
  readonly httpsPort: number
}

const isListening = (port: number): Effect.Effect<boolean> =>
  Effect.callback((resume) => {
    const socket = connect(port, LOOPBACK)
    socket.once("connect", () => resume(Effect.succeed(true)))
    socket.once("error", () => resume(Effect.succeed(false)))
    socket.once("connect", () => socket.destroy())
    return Effect.sync(() => socket.destroy())
  })

const settings = (
  { extendedErrors = true, tls, validate = true }: UnboundOptions,
  { httpsPort, port, tlsPort }: Ports,
  zones: ReadonlyArray<SignedZone>,
  folder: string
): ReadonlyArray<string> => [
  "server:",
  `  directory: ${quoted(folder)}`,
  "  chroot: \"\"",
  "  username: \"\"",
  "  pidfile: \"\"",
  "  use-syslog: no",
  "  logfile: \"\"",
  "  do-ip6: no",
  "  num-threads: 1",
  `  interface: ${LOOPBACK}@${port}`,
  "  access-control: 127.0.0.0/8 allow",
  "  do-not-query-localhost: no",
  "  qname-minimisation: no",
  `  ede: ${extendedErrors ? "yes" : "no"}`,
  `  module-config: "${validate ? "validator " : ""}iterator"`,
  ...(validate
    ? zones.flatMap(({ ds, isTop }) => isTop && ds !== undefined ? [`  trust-anchor: ${quoted(ds)}`] : [])
    : []),
  ...(tls === undefined ? [] : tlsSettings(tls, tlsPort, httpsPort, folder)),
  "remote-control:",
  "  control-enable: no",
  ...zones.flatMap(({ file, name }) => [
    "auth-zone:",
    `  name: ${quoted(`${name}.`)}`,
    `  zonefile: ${quoted(file)}`,
    "  for-downstream: no", // it would be answered without validation
    "  for-upstream: yes",
    "  fallback-enabled: no"
  ])
]

const tlsSettings = (
  { cert, key }: NonNullable<UnboundOptions["tls"]>,
  tlsPort: number,
  httpsPort: number,
  folder: string
): ReadonlyArray<string> => {
  writeFileSync(join(folder, "cert.pem"), cert)
  writeFileSync(join(folder, "key.pem"), key, { mode: 0o600 })
  return [
    `  interface: ${LOOPBACK}@${tlsPort}`,
    `  interface: ${LOOPBACK}@${httpsPort}`,
    `  tls-port: ${tlsPort}`,
    `  https-port: ${httpsPort}`,
    `  tls-service-pem: ${quoted(join(folder, "cert.pem"))}`,
    `  tls-service-key: ${quoted(join(folder, "key.pem"))}`
  ]
}

const quoted = (text: string) => `"${text.replaceAll("\"", "")}"`
