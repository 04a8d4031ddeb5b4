/**
 * The limit on bodies of one caller, for any spelling of the path: over real sockets, with bodies that do not end.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Service } from "../../service.ts"
import { domainOf, layerAnswering } from "../../service/inquiries.ts"
import { verified } from "../../service/verdicts.ts"
import { exchange, open, postOf } from "./raw.ts"

const verifier = layerAnswering({
  verify: (inquiry) => domainOf(inquiry) === "slow.example" ? Effect.never : Effect.succeed(verified)
})

const mebibyte = 1024 * 1024
const head = (target: string, framing: string) =>
  `POST ${target} HTTP/1.1\r\nHost: posh\r\nContent-Type: application/json\r\n${framing}\r\n\r\n`
const chunked = "Transfer-Encoding: chunked"
const ofLength = (octets: number) => `Content-Length: ${octets}`
const question = (domain: string, fill = 0) =>
  JSON.stringify({ domain, service: "xmpp-server", certificate: "MAA=" }).replace("{", `{${" ".repeat(fill)}`)

const longBatch = JSON.stringify({
  requests: Array.from(
    { length: 1_000 },
    (_, maxAge) => ({ ...JSON.parse(question("a.example")), explain: true, maxAge })
  )
})

/** Counts the admitted bodies of one caller: those without a response while the body is incomplete. */
const letIn = (baseUrl: string, octets: string, connections: number, caller: number) =>
  Effect.gen(function*() {
    const sockets = yield* Effect.forEach(
      Array.from({ length: connections }),
      () => Effect.tap(open(baseUrl, caller), (socket) => Effect.sync(() => socket.write(octets)))
    )
    const heard = sockets.map((socket) => {
      const received = { text: "" }
      socket.on("data", (chunk: Buffer) => received.text += chunk.toString("latin1"))
      return received
    })
    const statuses = () => heard.map(({ text }) => text.slice(9, 12))
    // Refused bodies get a response; admitted ones do not.
    let before = ""
    yield* Effect.sleep("150 millis").pipe(
      Effect.map(() => {
        const now = statuses().join()
        const isSettled = now === before
        before = now
        return isSettled
      }),
      Effect.repeat({ until: (isSettled) => isSettled })
    )
    return statuses()
  })

describe("POSH-SEC-12: bodies are counted by the route that reads them", () => {
  it.layer(Service.layer(verifier), { excludeTestServices: true })((it) => {
    const refused = "503"
    const rows: ReadonlyArray<
      readonly [name: string, target: string, framing: string, connections: number, within: number, otherwise: string]
    > = [
      ["a batch as it is written", "/v1/verify/batch", chunked, 12, 2, refused],
      ["a letter encoded", "/v1/verify/%62atch", chunked, 12, 2, refused],
      ["every letter encoded", "/%76%31/%76%65%72%69%66%79/%62%61%74%63%68", chunked, 12, 2, refused],
      ["with the authority", "http://posh/v1/verify/batch", chunked, 12, 2, refused],
      ["with a query", "/v1/verify/batch?", chunked, 12, 2, refused],
      ["with a semicolon", "/v1/verify/batch;a=b", chunked, 12, 2, refused],
      ["of a known length", "/v1/verify/%62atch", ofLength(31 * mebibyte), 12, 2, refused],
      ["a question in chunks", "/v1/verif%79", chunked, 70, 65, refused],
      ["a question of a known length", "/v1/verify", ofLength(mebibyte), 70, 65, refused],
      ["a document", "/v1/documents/l%69nt", ofLength(mebibyte), 70, 65, refused],
      ["not read: another case", "/v1/verify/Batch", chunked, 12, 0, "404"],
      ["not read: two slashes", "//v1/verify/batch", chunked, 12, 0, "404"],
      ["not read: health", "/health/live", chunked, 12, 0, "405"],
      ["not read: the inventory", "/v1/associations", chunked, 12, 0, "405"]
    ]
    for (const [index, [name, target, framing, connections, within, otherwise]] of rows.entries()) {
      it.effect(name, () =>
        Effect.scoped(Effect.gen(function*() {
          const { baseUrl } = yield* Service
          const statuses = yield* letIn(baseUrl, head(target, framing), connections, 10 + index)
          assert.strictEqual(statuses.filter((status) => status === "").length, within)
          assert.strictEqual(statuses.filter((status) => status === otherwise).length, connections - within)
        })))
    }

    it.effect("their octets are released however the request ends", () =>
      Effect.gen(function*() {
        const { baseUrl } = yield* Service
        const caller = 60
        const all = ofLength(32 * mebibyte)
        const ends: ReadonlyArray<readonly [name: string, octets: string, end: "abort" | "answer"]> = [
          ["gone before the body", head("/v1/verify/batch", all), "abort"],
          ["gone in the middle", `${head("/v1/verify/batch", all)}{`, "abort"],
          ["a bad chunk", `${head("/v1/verify/batch", chunked)}5 x\r\n`, "answer"],
          ["no JSON", postOf("/v1/verify/batch", "x".repeat(1_000_000)), "answer"],
          ["gone in the middle of a long answer", postOf("/v1/verify/batch", longBatch), "answer"],
          [
            "answered to its end, without chunks",
            postOf("/v1/verify/batch", longBatch).replace("/1.1", "/1.0"),
            "answer"
          ],
          ["another media type", head("/v1/verify/batch", all).replace("json", "xml"), "answer"],
          ["gone while it is answered", postOf("/v1/verify", question("slow.example", 100_000)), "abort"],
          [
            "gone behind another that waits",
            postOf("/v1/verify", question("slow.example")) + head("/v1/verify/batch", all),
            "abort"
          ],
          [
            "gone behind another that waits, on the fast lane",
            postOf("/v1/verify", question("slow.example")) + postOf("/v1/verify", question("slow.example", 900_000)),
            "abort"
          ]
        ]
        for (const [name, octets, end] of ends) {
          for (let times = 0; times < 3; times += 1) {
            if (end === "answer") yield* exchange(baseUrl, octets, { caller, until: (text) => text.includes("}") })
            else yield* exchange(baseUrl, octets, { caller, withinMs: 150 }).pipe(Effect.option)
          }
          // Two of the largest fit into the limit of one caller.
          yield* Effect.scoped(letIn(baseUrl, head("/v1/verify/batch", all), 2, caller)).pipe(
            Effect.repeat({ until: (statuses) => statuses.every((status) => status === "") }),
            Effect.timeoutOrElse({ duration: "8 seconds", orElse: () => Effect.die(new Error(`kept: ${name}`)) })
          )
        }
      }), 120_000)
  })
})
