/**
 * Loaded into the service by `--import`: takes the place of the way to origins, so that filling a cache with a hundred
 * thousand domains takes seconds and not as many TLS handshakes. Everything else of the service is as it is. Each domain
 * publishes the fingerprint that the file of digests has for it; the documents are made when they are asked for, so that the
 * process remembers nothing besides. The file comes from the environment.
 */
import { hash } from "node:crypto"
import { readFileSync } from "node:fs"
import { registerHooks } from "node:module"
import { indexOf } from "./domains.ts"

const { FLEET_DIGESTS: path = "" } = process.env
const digests = readFileSync(path)

const documentOf = (host: string): Uint8Array => {
  const at = indexOf(host) * 32
  const fingerprints = [{ "sha-256": digests.toString("base64", at, at + 32) }]
  return new TextEncoder().encode(JSON.stringify({ fingerprints, expires: 604_800 }))
}

/** As an HTTPS client would tell of it. */
const traceOf = (host: string, now: number) => ({
  address: "192.0.2.1",
  tlsLeafSha256: hash("sha256", host, "base64"),
  startedAt: now,
  endedAt: now
})

Object.assign(globalThis, { [Symbol.for("posh/lab/origin")]: { documentOf, traceOf } })

const replaced = /\/apps\/server\/src\/config\/layerFetcher\.ts$/
const source = `
  import { Fetcher } from "@posh/core"
  import { Clock, Effect, Layer } from "effect"
  const { documentOf, traceOf } = globalThis[Symbol.for("posh/lab/origin")]
  const get = ({ target }) => Effect.map(Clock.currentTimeMillis, (now) => ({
    status: 200,
    headers: [["content-type", "application/json"]],
    body: documentOf(target.host),
    trace: traceOf(target.host, now)
  }))
  export const layerFetcher = () => Layer.succeed(Fetcher, Fetcher.of({ get }))
`
registerHooks({
  load: (url, context, next) =>
    replaced.test(url) ? { format: "module", source, shortCircuit: true } : next(url, context)
})
