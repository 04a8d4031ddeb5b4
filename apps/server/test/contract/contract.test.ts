/**
 * The OpenAPI document against the running service: every status of every operation comes about, is as the document says, and is
 * its example; and the service answers nothing that the document does not describe.
 */
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { isDeepStrictEqual } from "node:util"
import { responseOf, routes, undocumented } from "./document.ts"
import type { Reply } from "./exchange.ts"
import type { Provocation } from "./provocation.ts"
import { refusals, unprovoked } from "./provocations.ts"
import { bodyOf, exampleOf, timeless } from "./requests.ts"
import { successes } from "./successes.ts"
import { ContractWorld } from "./world.ts"

const provocations = [...successes, ...refusals]

const nameOf = ({ example, id, mediaType, status }: Provocation): string =>
  [id, status, mediaType, example].filter((part) => part !== undefined).join(" ")

layer(ContractWorld.layer, { excludeTestServices: true, timeout: 120_000 })("the contract over HTTP", (it) => {
  it.effect("every provocation gives its status and its example, and nothing that is not described", () =>
    Effect.gen(function*() {
      const { baseUrl } = yield* ContractWorld
      const faultsOf = (provocation: Provocation) =>
        Effect.map(provocation.provoke(baseUrl), (reply) => faultsIn(provocation, reply))
      const first = yield* Effect.forEach(successes, faultsOf)
      // Others are asked while some wait for a time-out.
      const others = yield* Effect.forEach(refusals, faultsOf, { concurrency: 16 })
      assert.deepStrictEqual([...first, ...others].flat(), [])
    }))

  it("comes about with each status that the document has, but for those with a reason", () => {
    const declared = [...routes.values()].flatMap(({ operation: { operationId, responses } }) =>
      Object.keys(responses).map((status) => `${operationId} ${status}`)
    )
    const provoked = new Set(provocations.map(({ id, status }) => `${id} ${status}`))
    assert.deepStrictEqual(
      declared.filter((name) => !provoked.has(name)).toSorted(),
      Object.keys(unprovoked).toSorted()
    )
    assert.deepStrictEqual([...provoked].filter((name) => !declared.includes(name)), [])
  })

  it("has each example of the document among them, and an example for each status with a body", () => {
    const compared = new Set(provocations.map(nameOf))
    for (const { operation: { operationId, responses } } of routes.values()) {
      for (const status of Object.keys(responses)) {
        const content = Object.entries(responseOf(operationId, Number(status))?.content ?? {})
        for (const [mediaType, { examples = {} }] of content) {
          assert.isNotEmpty(Object.keys(examples), `${operationId} ${status} ${mediaType}`)
          if (unprovoked[`${operationId} ${status}`] !== undefined) continue
          for (const name of Object.keys(examples)) {
            assert.isTrue(
              compared.has([operationId, status, mediaType, name].join(" ")),
              `${operationId} ${status} ${name}`
            )
          }
        }
      }
    }
  })
})

const faultsIn = (provocation: Provocation, reply: Reply): ReadonlyArray<string> => {
  const { example, id, mediaType, status } = provocation
  const faults = reply.status === status
    ? [...undocumented(id, reply), ...(example === undefined ? [] : differences(provocation, reply))]
    : [`${reply.status} ${reply.body.slice(0, 300)}`]
  if (reply.headers["content-type"] !== mediaType) faults.push(`media type ${reply.headers["content-type"]}`)
  return faults.map((fault) => `${nameOf(provocation)}: ${fault}`)
}

/** From the example; of the metrics, which are long, that has a few lines. */
const differences = (
  { example = "", id, mediaType = "", status }: Provocation,
  reply: Reply
): ReadonlyArray<string> => {
  const expected = exampleOf(id, status, mediaType, example)
  if (id === "health.metrics" && status === 200) {
    return String(expected).split("\n").filter((line) => !reply.body.split("\n").includes(line))
  }
  const actual = bodyOf(reply)
  return isDeepStrictEqual(timeless(actual), timeless(expected))
    ? []
    : [`${JSON.stringify(actual)} is not ${JSON.stringify(expected)}`]
}
