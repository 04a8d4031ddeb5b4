/** The process that hostile origins run in: says where they are, and goes on until its input ends. */
import { type HostOptions, makeOrigins } from "@posh/testing"
import { Effect } from "effect"
import type { AddressInfo, Server } from "node:net"
import { draftPath, rfcPath } from "../world/world.ts"
import { hostileOrigins } from "./origins/all.ts"
import { hop, routes } from "./origins/contents.ts"
import { domainOf, type Place } from "./place.ts"

const start = Effect.gen(function*() {
  const origins = yield* makeOrigins(hosts())
  origins.setFallback((host, path) => hop(host) ?? routes[path])
  const own: Array<string> = []
  for (const { certify, name, serve } of hostileOrigins) {
    if (serve === undefined) continue
    const domain = domainOf(name)
    const certificate = yield* certify?.(origins.root, domain) ?? origins.certificateOf(domain)
    const port = yield* listen(serve({
      cert: [certificate, ...certificate.issuers.slice(0, -1)].map(({ pem }) => pem).join(""),
      key: certificate.keyPem
    }))
    own.push(`${domain}:443=127.0.0.1:${port}`)
  }
  const place: Place = { caPem: origins.caPem, connectTo: [...own, origins.connectTo].join(",") }
  process.stdout.write(`${JSON.stringify(place)}\n`)
  yield* Effect.callback<void>((resume) => void process.stdin.resume().once("end", () => resume(Effect.void)))
  process.exit() // whatever its connections are at
})

const hosts = (): Record<string, HostOptions> =>
  Object.fromEntries(hostileOrigins.flatMap(({ behaviour, generation, name }) =>
    behaviour === undefined
      ? []
      : [[domainOf(name), { routes: { [generation === "draft" ? draftPath : rfcPath]: behaviour } }]]
  ))

const listen = (server: Server) =>
  Effect.callback<number>((resume) =>
    void server.listen(0, "127.0.0.1", () => resume(Effect.succeed((server.address() as AddressInfo).port)))
  )

void Effect.runPromise(Effect.scoped(start))
