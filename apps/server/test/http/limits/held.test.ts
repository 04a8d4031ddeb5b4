/** The octets of a body are garbage after its response, as the limit on bodies assumes (POSH-SEC-12). */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { Service } from "../../service.ts"
import { fakeVerifier, verified } from "../../service/verdicts.ts"
import { exchange, postOf } from "./raw.ts"

setFlagsFromString("--expose-gc")
const collect = runInNewContext("gc") as () => void
setFlagsFromString("--no-expose-gc")

/** Array buffers of this thread. They are freed in the background, a moment after their collection. */
const heldOctets = Effect.sync(collect).pipe(
  Effect.andThen(Effect.sleep("100 millis")),
  Effect.repeat({ times: 4 }),
  Effect.map(() => process.memoryUsage().arrayBuffers)
)

const mebibyte = 1024 * 1024
const fill = "A".repeat(900_000)
const question = (more: object) =>
  JSON.stringify({ domain: "hosted.example", service: "xmpp-server", certificate: "MII", ...more })

const { layer: verifier } = fakeVerifier({ "hosted.example": verified })

describe("octets of bodies after the response", () => {
  it.layer(Service.layer(verifier), { excludeTestServices: true })((it) => {
    const rows: ReadonlyArray<readonly [name: string, path: string, body: string, times: number]> = [
      ["a question with a long certificate", "/v1/verify", question({ certificate: fill }), 60],
      ["no JSON", "/v1/verify", fill, 60],
      ["no question", "/v1/verify", JSON.stringify({ domain: fill }), 60],
      ["a document", "/v1/documents/lint", JSON.stringify({ document: fill, generation: "rfc7711" }), 60],
      ["a batch", "/v1/verify/batch", `{"requests":[${question({})}]}${" ".repeat(8 * mebibyte)}`, 8],
      [
        "a batch with a long answer",
        "/v1/verify/batch",
        `{"requests":[${Array.from({ length: 1_000 }, (_, maxAge) => question({ explain: true, maxAge })).join()}]}${
          " ".repeat(8 * mebibyte)
        }`,
        8
      ]
    ]
    it.effect.each(rows)("%s", ([, path, body, times]) =>
      Effect.gen(function*() {
        const { baseUrl } = yield* Service
        const ask = Effect.scoped(exchange(baseUrl, postOf(path, body), { until: isWhole, withinMs: 10_000 }))
        yield* ask // warm-up
        const before = yield* heldOctets
        yield* Effect.forEach(Array.from({ length: times }), () => ask)
        assert.isBelow((yield* heldOctets) - before, 12 * mebibyte)
      }), 120_000)
  })
})

/** The response is complete. */
const isWhole = (text: string): boolean => {
  const [head = "", ...rest] = text.split("\r\n\r\n")
  const length = /content-length: (\d+)/i.exec(head)?.[1]
  return length === undefined ? text.endsWith("0\r\n\r\n") : rest.join("\r\n\r\n").length >= Number(length)
}
