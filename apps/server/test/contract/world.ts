/**
 * The service as a process, with keys, over the world that the examples of the OpenAPI document speak of: `chat.orchard.example`,
 * whose XMPP server is hosted by `xmpp.greenhouse.example`.
 */
import { Behave, greenhouse, makeOrigins } from "@posh/testing"
import { Context, Effect, Layer } from "effect"
import { hash } from "node:crypto"
import { writeFile } from "node:fs/promises"
import { makeFolder } from "../access/world.ts"
import { started } from "../process/processes.ts"

const keys = { verify: "key-of-a-server-1234", admin: "key-of-an-operator-1234" } as const

export const bearer = (scope: keyof typeof keys) => ({ authorization: `Bearer ${keys[scope]}` })

const makeWorld = Effect.gen(function*() {
  const origins = yield* makeOrigins({
    [greenhouse.domain]: { routes: { [greenhouse.rfcPath]: Behave.json(greenhouse.reference) } },
    [greenhouse.provider]: { routes: { [greenhouse.delegatedPath]: Behave.json(greenhouse.fingerprints) } }
  })
  const file = yield* makeFolder
  yield* Effect.promise(() => writeFile(file("ca.pem"), origins.caPem))
  const { port } = yield* started({
    POSH_ALLOW_SPECIAL_USE_DOMAINS: "true",
    POSH_CONNECT_TO: origins.connectTo,
    POSH_EXTRA_CA_FILE: file("ca.pem"),
    POSH_API_KEYS: Object.entries(keys).map(([scope, key]) => `${scope}:${scope}:${hash("sha256", key)}`).join()
  })
  return { origins, baseUrl: `http://127.0.0.1:${port}` }
})

/** The world, and where the service is. */
export class ContractWorld extends Context.Service<ContractWorld, Effect.Success<typeof makeWorld>>()(
  "posh/server/test/ContractWorld"
) {
  static readonly layer = Layer.effect(ContractWorld, makeWorld)
}
