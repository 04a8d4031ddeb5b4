/** The examples of the guide to the client: shown as the files have them, and run against a service. */
import { assert, layer } from "@effect/vitest"
import { createClient } from "@posh/api/client"
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import { layerDeployed, makePeer, World } from "../../apps/server/test/client/world.ts"
import { Service } from "../../apps/server/test/service.ts"
import { isVouchedFor } from "../../packages/api/examples/isVouchedFor.ts"
import { isVouchedFor as isVouchedForEffect } from "../../packages/api/examples/isVouchedForEffect.ts"
import { openStream } from "../../packages/api/examples/openStream.ts"
import { faultCodes } from "../../packages/api/src/client/faultCodes.ts"

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8")
const page = read("docs/guides/clients/typescript.md")

layer(layerDeployed, { excludeTestServices: true, timeout: 120_000 })("the guide to the client", (it) => {
  it("shows the files that are run here, in their order", () => {
    const shown = [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, text]) => text)
    const names = ["isVouchedFor", "isVouchedForEffect", "openStream"]
    assert.deepStrictEqual(shown, names.map((name) => read(`packages/api/examples/${name}.ts`)))
  })

  it("lists every code of a failure", () => {
    const table = page.slice(page.indexOf("| Code | Reason |"), page.indexOf("## With effects"))
    const listed = [...table.matchAll(/^\| ([A-Z][\w, ]+) \|/gm)].flatMap(([, names = ""]) => names.split(", "))
    assert.sameMembers(listed.filter((name) => name !== "Code"), Object.keys(faultCodes))
  })

  it.effect("its examples do what they say", () =>
    Effect.gen(function*() {
      const { baseUrl } = yield* Service
      const { alone, hosting, stranger } = yield* World
      const client = createClient({ endpoints: [baseUrl] })
      const ask = (certificate: string) => Effect.promise(() => isVouchedFor(client, "hosted.example", certificate))
      assert.deepStrictEqual(yield* ask(hosting.pem), { valid: true, reason: "Verified" })
      assert.deepStrictEqual(yield* ask(stranger.pem), { valid: false, reason: "CertificateMismatch" })
      assert.deepStrictEqual(yield* ask("%"), { valid: false, reason: "InvalidQuestion" })
      assert.isTrue(yield* isVouchedForEffect(baseUrl, "hosted.example", hosting.pem))
      const { port } = yield* makePeer(alone)
      const { socket, verifyAgainAt } = yield* Effect.promise(() =>
        openStream(client, "hosted.example", "127.0.0.1", port)
      )
      assert.isTrue(socket.authorized)
      assert.isString(verifyAgainAt)
      socket.destroy()
    }).pipe(Effect.scoped))
})
