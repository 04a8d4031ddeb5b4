/**
 * The process under test, started by `measurements/memory.ts`: learns of ever more domains, each by the fingerprint of one
 * certificate (RFC 7711), and prints a sample at each size. Arguments: a JSON array of sizes, a file of certificates in
 * PEM, as JSON, and the number of verdicts of one run; domain `i` publishes certificate `i` modulo their number.
 */
import { defaultPolicy, Fetcher, Verifier } from "@posh/core"
import { Effect, Layer, Result } from "effect"
import { hash, X509Certificate } from "node:crypto"
import { readFileSync } from "node:fs"
import { domainOf, indexOf } from "../fleet/domains.ts"
import { makeRandom } from "../load/random.ts"
import type { Sample } from "./Sample.ts"

declare const gc: () => void

const [sizesJson = "[]", file = "", verdictsText] = process.argv.slice(2)
const sizes: ReadonlyArray<number> = JSON.parse(sizesJson)
const certificates: ReadonlyArray<string> = JSON.parse(readFileSync(file, "utf8"))
const digests = certificates.map((pem) => hash("sha256", new X509Certificate(pem).raw, "base64"))

const verdicts = Number(verdictsText)
const runs = 5

const startedAt = Date.now()
const fetcher = Layer.succeed(Fetcher, {
  get: ({ target }) =>
    Effect.sync(() => ({
      status: 200,
      headers: [["content-type", "application/json"]] as const,
      body: documentOf(indexOf(target.host)),
      trace: {
        address: "192.0.2.1",
        tlsLeafSha256: hash("sha256", target.host, "base64"),
        startedAt,
        endedAt: startedAt
      }
    }))
})

const documentOf = (index: number): Uint8Array =>
  new TextEncoder().encode(
    JSON.stringify({ fingerprints: [{ "sha-256": digests[index % digests.length] }], expires: 604_800 })
  )

const memory = Effect.gen(function*() {
  const { prepare, recall, verify } = yield* Verifier
  const service = "xmpp-server"

  const learn = Effect.fnUntraced(function*(index: number) {
    const fingerprint = { "sha-256": digests[index % digests.length]! }
    const { valid } = yield* Effect.flatMap(
      Effect.fromResult(prepare({ domain: domainOf(index), service, fingerprint })),
      verify
    )
    if (!valid) throw new Error(`${domainOf(index)} was not verified`)
  })

  const random = makeRandom(1)
  const microsOf = (size: number): number => {
    const before = process.cpuUsage()
    for (let count = 0; count < verdicts; count += 1) {
      const index = Math.floor(random() * size)
      const inquiry = prepare({
        domain: domainOf(index),
        service,
        certificate: certificates[index % certificates.length]!
      })
      if (recall(Result.getOrThrow(inquiry))?.valid !== true) throw new Error(`${domainOf(index)} was not recalled`)
    }
    const { system, user } = process.cpuUsage(before)
    return (user + system) / verdicts
  }

  let known = 0
  const empty = usedBytes()
  for (const size of sizes) {
    for (; known < size; known += 1) yield* learn(known)
    const micros = Array.from({ length: runs + 1 }, () => microsOf(size)).slice(1)
    const sample: Sample = { entries: size, bytes: usedBytes() - empty, micros }
    console.log(JSON.stringify(sample))
  }
})

/** On the heap of V8, and what it accounts for outside. */
const usedBytes = (): number => {
  for (let times = 0; times < 3; times += 1) gc()
  const { external, heapUsed } = process.memoryUsage()
  return heapUsed + external
}

const verifier = Verifier.layer({ ...defaultPolicy, allowSpecialUse: true, cacheEntries: (sizes.at(-1) ?? 0) * 2 })
  .pipe(
    Layer.provide(fetcher)
  )
await Effect.runPromise(Effect.provide(memory, verifier))
