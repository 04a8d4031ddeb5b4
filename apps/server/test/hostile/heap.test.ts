/** What strangers publish cannot fill the heap behind the accounting of the cache (POSH-CAC-05): the service as a process. */
import { assert, describe, it } from "@effect/vitest"
import type * as Api from "@posh/api"
import { Behave, type Behaviour, fingerprintsDocument, jwkSetDocument, makeOrigins, selfSigned } from "@posh/testing"
import { Effect } from "effect"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { started } from "../process/processes.ts"

/** Megabytes of heap, and documents that are several times as much. */
const heap = 150
const names = 200

const kid = "a name that is long enough"
const isRfc = (path: string) => path.startsWith("/.well-known/posh/")

describe("documents of 250 KB under ever new names", () => {
  it.live("a kid, a member twice, an unknown hash name: the service goes on", () =>
    Effect.gen(function*() {
      const leaf = yield* selfSigned({ dnsNames: ["xmpp.attacker.example"] })
      const pad = `€${"x".repeat(240_000)}`
      const [jwk] = jwkSetDocument([leaf]).keys
      const prints = fingerprintsDocument([leaf], { expires: 3_600 })
      const named = Behave.json({ keys: [{ ...jwk, kid }], pad })
      const twice = Behave.text(`{"keys":[],"a member of some length":1,"a member of some length":2,"pad":"${pad}"}`)
      const unknown = Behave.json({
        ...prints,
        fingerprints: [{ ...prints.fingerprints[0], "a hash of another kind": "" }],
        pad: "x".repeat(60_000)
      })
      const kinds: ReadonlyArray<(rfc: boolean) => Behaviour> = [
        (rfc) => rfc ? Behave.status(404) : named,
        (rfc) => rfc ? Behave.status(404) : twice,
        () => unknown
      ]
      const codes = ["Verified", "DuplicateMember", "Verified"]

      const origins = yield* makeOrigins()
      origins.setFallback((host, path) => kinds[Number(/\d+/.exec(host)?.[0]) % kinds.length]?.(isRfc(path)))
      const folder = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "posh-heap-"))),
        (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
      )
      const caFile = join(folder, "ca.pem")
      writeFileSync(caFile, origins.caPem)
      const { child, output, port } = yield* started({
        NODE_OPTIONS: `--max-old-space-size=${heap}`,
        POSH_ALLOW_SPECIAL_USE_DOMAINS: "true",
        POSH_CONNECT_TO: origins.connectTo,
        POSH_EXTRA_CA_FILE: caFile
      })
      const ask = (index: number) =>
        Effect.promise((): Promise<Api.Answer> =>
          fetch(`http://127.0.0.1:${port}/v1/verify`, {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: JSON.stringify({ domain: `h${index}.example`, service: "xmpp-server", certificate: leaf.pem })
          }).then((response) => response.json() as Promise<Api.Answer>)
        )
      // Of each kind as many as would fill half of the heap or more, were the documents kept.
      for (let index = 0; index < kinds.length * names; index += 1) {
        const { code } = yield* ask(index)
        assert.strictEqual(code, codes[index % kinds.length], `h${index}: ${output.stderr.slice(-500)}`)
      }
      assert.isNull(child.exitCode)
      const { cache } = yield* ask(0)
      assert.strictEqual(cache, "memory", "nothing was pushed out")
    }).pipe(Effect.scoped), 300_000)
})
