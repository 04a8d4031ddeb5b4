/** DNS and a domain that answer when a test says so, and how long a question waits for them. */
import { assert } from "@effect/vitest"
import { type Certificate, fingerprintsDocument, issue, rootCa, selfSigned } from "@posh/testing"
import { Clock, Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import type { DnsRecord, DnsType } from "../../src/fetch/dns/DnsMessage.ts"
import { Fetcher } from "../../src/fetch/Fetcher.ts"
import type { Policy } from "../../src/Policy.ts"
import { type SecureAnswer, SecureResolver } from "../../src/proof/dane/SecureResolver.ts"
import { defaultUsages } from "../../src/proof/dane/Tlsa.ts"
import type { Question } from "../../src/question/Question.ts"
import type { Verdict } from "../../src/verdict/Verdict.ts"
import { Verifier } from "../../src/Verifier.ts"
import { makeTrustAnchors } from "../../src/x509/path/TrustAnchors.ts"
import { verify } from "../asking.ts"
import { testPolicy } from "../fakeFetcher.ts"
import { tlsa } from "../proof/dane/world.ts"

export const host = "xmpp.host.example"

/**
 * What TLSA says at the host: of one certificate, of another, or nothing that counts. `bogus`, `insecure`:
 * SRV is. `no address`: the host has none that is secure.
 */
export type Dns = "the certificate" | "another" | "nothing" | "unusable" | "bogus" | "insecure" | "no address"
export type Origin = "the certificate" | "another" | "nothing"

export interface Answers {
  /** Default nothing. */
  readonly dns?: Dns
  /** Milliseconds. Default 0. */
  readonly dnsMs?: number
  readonly origin?: Origin
  readonly originMs?: number
}

export const makeCertificates = Effect.gen(function*() {
  const root = yield* rootCa()
  const names = { dnsNames: ["im.example"] }
  const expired = { notAfter: new Date(Date.now() - 60_000) }
  return {
    root,
    own: yield* selfSigned(names),
    trusted: yield* issue(root, names),
    /** Vouched for as that of the host alone. */
    hosted: yield* issue(root, { dnsNames: [host] }),
    expired: yield* selfSigned({ ...names, ...expired }),
    expiredAndWeak: yield* selfSigned({ ...names, ...expired, key: "rsa1024" }),
    another: yield* selfSigned(names)
  }
})

export type Certificates = Effect.Success<typeof makeCertificates>

/** Answers are about `certificate`; they can change, and what is asked is counted. */
export const makeWorld = ({ another, root }: Certificates, certificate: Certificate, policy: Partial<Policy> = {}) => {
  const answers: { current: Required<Answers> } = { current: silent }
  const count = { queries: 0, requests: 0, interrupted: 0 }

  const layerDns = Layer.mock(SecureResolver, {
    query: <T extends DnsType>(name: string, type: T) =>
      Effect.suspend(() => {
        const { dns, dnsMs } = answers.current
        if (type === "SRV") count.queries += 1
        return Effect.delay(
          Effect.succeed(toAnswer(name, type, dns, dns === "another" ? another : certificate)),
          type === "SRV" ? dnsMs : 0
        )
      })
  })

  const get = () =>
    Effect.gen(function*() {
      const { origin, originMs } = answers.current
      count.requests += 1
      const startedAt = yield* Clock.currentTimeMillis
      yield* Effect.sleep(originMs)
      const trace = { address: "192.0.2.1", tlsLeafSha256: "", startedAt, endedAt: startedAt + originMs }
      if (origin === "nothing") return { status: 404, headers: [], body: new Uint8Array(), trace }
      const document = fingerprintsDocument([origin === "another" ? another : certificate], { expires: 3_600 })
      const body = new TextEncoder().encode(JSON.stringify(document))
      return { status: 200, headers: [["content-type", "application/json"] as const], body, trace }
    }).pipe(Effect.onInterrupt(() => Effect.sync(() => void (count.interrupted += 1))))

  const whole: Policy = {
    ...testPolicy,
    trustDraftExamples: false,
    daneUsages: defaultUsages,
    anchors: makeTrustAnchors([root.der]),
    ...policy
  }
  const layer = Verifier.layer(whole).pipe(
    Layer.provide([layerDns, Layer.succeed(Fetcher, Fetcher.of({ get }))])
  )
  return { count, layer, answer: (change: Answers) => void (answers.current = { ...silent, ...change }) }
}

const silent: Required<Answers> = { dns: "nothing", dnsMs: 0, origin: "nothing", originMs: 0 }

const toAnswer = <T extends DnsType>(name: string, type: T, dns: Dns, certificate: Certificate): SecureAnswer<T> => {
  const common = { name, ttl: 300 }
  const record = (): DnsRecord | undefined => {
    if (type === "SRV") return { ...common, type: "SRV", priority: 0, weight: 0, port: 5_269, target: host }
    if (type === "A" && dns !== "no address") return { ...common, type: "A", address: "192.0.2.1" }
    if (type !== "TLSA" || dns === "nothing" || dns === "insecure") return undefined
    return { ...common, type: "TLSA", ...tlsa(dns === "unusable" ? "9 0 1" : "3 0 1", certificate) }
  }
  const found = record()
  return {
    status: dns === "bogus" || dns === "insecure" ? dns : "secure",
    records: (found === undefined || dns === "bogus" ? [] : [found]) as unknown as SecureAnswer<T>["records"],
    ttl: 300,
    canonicalName: name,
    detail: dns === "bogus" ? "spoilt" : ""
  }
}

const stepMs = 500

/** Runs it, and says after how many milliseconds of waiting it ended. */
export const timed = <A, E, R>(work: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.forkChild(work, { startImmediately: true })
    let ms = 0
    yield* TestClock.adjust(0)
    while (fiber.pollUnsafe() === undefined && ms < 60_000) {
      ms += stepMs
      yield* TestClock.adjust(stepMs)
    }
    return { ms, value: yield* Fiber.join(fiber) }
  })

/** Of all proof types, unless it says otherwise. */
export const ask = (presented: string, more: Partial<Question> = {}) =>
  verify({
    domain: "im.example",
    service: "xmpp-server",
    certificate: presented,
    prooftypes: ["pkix", "dane", "posh"],
    generations: "rfc-only",
    ...more
  })

export const saidBy = (prooftype: string, { proofs = [] }: Verdict) =>
  proofs.find((one) => one.prooftype === prooftype)?.code

/** A question, and how it is answered. */
export interface Row extends Answers {
  readonly name: string
  /** Default `own`, which PKIX knows nothing of. */
  readonly presented?: keyof Certificates
  readonly policy?: Partial<Policy>
  readonly more?: Partial<Question>
  /** Answers to the same question before. Default: there was none. */
  readonly before?: Answers
  /** code, and the proof type that decided */
  readonly outcome: string
  /** What POSH says. Default `NotNeeded`. */
  readonly posh?: string
  readonly ms: number
  /** Queries for SRV, requests for documents, and how many of those were given up; for the last question alone. */
  readonly asked: readonly [queries: number, requests: number, interrupted: number]
}

export const assertRow = (row: Row) =>
  Effect.gen(function*() {
    const certificates = yield* makeCertificates
    const certificate = certificates[row.presented ?? "own"]
    const { answer, count, layer } = makeWorld(certificates, certificate, row.policy)
    yield* TestClock.setTime(Date.now())
    yield* Effect.gen(function*() {
      if (row.before !== undefined) {
        answer(row.before)
        yield* timed(ask(certificate.pem))
      }
      answer(row)
      const { interrupted, queries, requests } = { ...count }
      const { ms, value } = yield* timed(ask(certificate.pem, row.more))
      assert.strictEqual(`${value.code} ${value.prooftype}`, row.outcome)
      assert.strictEqual(saidBy("posh", value), row.posh ?? "NotNeeded")
      assert.strictEqual(ms, row.ms)
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(
        [count.queries - queries, count.requests - requests, count.interrupted - interrupted],
        [...row.asked]
      )
    }).pipe(Effect.provide(layer))
  })
