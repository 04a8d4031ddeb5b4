/** `POSH_EXTRA_CA_FILE` while the service runs: the resolver over TLS and HTTPS follows it, as the way to origins does. */
import { assert, layer } from "@effect/vitest"
import { issue, makeUnbound, rootCa } from "@posh/testing"
import { Effect } from "effect"
import { readFileSync, writeFileSync } from "node:fs"
import { until } from "../redis/replica.ts"
import { Service } from "../service.ts"
import { ask, layerDeployedBy, World } from "./world.ts"

const name = "resolver.example"

for (const protocol of ["tls", "https"] as const) {
  const resolver: { roots: string; file: string } = { roots: "", file: "" }
  const deployed = layerDeployedBy(({ origins }, { extraCaFile }) =>
    Effect.gen(function*() {
      const root = yield* rootCa()
      const certificate = yield* issue(root, { dnsNames: [name] })
      const tls = { cert: certificate.pem, key: certificate.keyPem }
      const { httpsPort, tlsPort } = yield* makeUnbound({ zones: [{ name: "example", records: "" }], tls })
      Object.assign(resolver, { roots: root.pem, file: extraCaFile })
      return {
        POSH_CONNECT_TO: `${origins.connectTo},${name}:${httpsPort}=127.0.0.1:${httpsPort}`,
        POSH_DNSSEC_RESOLVER: protocol === "tls"
          ? `tls://${name}@127.0.0.1:${tlsPort}`
          : `https://${name}:${httpsPort}/dns-query`
      }
    })
  )
  layer(deployed, { excludeTestServices: true, timeout: 120_000 })(`POSH_DNSSEC_RESOLVER=${protocol}`, (it) => {
    it.effect("its root may come later, and go", () =>
      Effect.gen(function*() {
        const { unknown } = yield* World
        // By a refresh: what cannot be trusted is remembered for a moment.
        const code = Effect.map(
          ask({
            domain: "vouches.example",
            certificate: unknown.pem,
            prooftypes: ["dane", "posh"],
            refresh: true
          }),
          (answer) => answer.code
        )
        const service = yield* Service
        const becomes = (expected: string) =>
          until(
            `${expected} is answered`,
            Effect.delay(Effect.map(code, (found) => found === expected), "200 millis").pipe(
              Effect.provideService(Service, service)
            )
          )
        const origins = readFileSync(resolver.file, "utf8")
        assert.strictEqual(yield* code, "DnssecBogus")
        writeFileSync(resolver.file, `${origins}${resolver.roots}`)
        yield* becomes("Verified")
        writeFileSync(resolver.file, origins)
        yield* becomes("DnssecBogus")
      }), 60_000)
  })
}
