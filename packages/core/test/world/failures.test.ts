import { assert, describe, it } from "@effect/vitest"
import { type Certificate, daysFromNow, issue, makeDns, rootCa, selfSigned } from "@posh/testing"
import { Effect, Fiber, Layer } from "effect"
import { type FailureCode, failures } from "../../src/codes.ts"
import { HttpsFetcher } from "../../src/node/index.ts"
import type { Policy } from "../../src/Policy.ts"
import type { Question } from "../../src/question/Question.ts"
import { Verifier } from "../../src/Verifier.ts"
import { verifyBy } from "../asking.ts"
import { failingOrigins, soundOrigins } from "./failingOrigins.ts"
import { layerVerifier, layerWorld, World, worldPolicy } from "./world.ts"

const { authority, expired, future, server, stranger } = await Effect.runPromise(Effect.gen(function*() {
  const root = yield* rootCa()
  return {
    server: yield* issue(root, { dnsNames: ["xmpp.hosting.example"] }),
    expired: yield* selfSigned({ notBefore: daysFromNow(-9), notAfter: daysFromNow(-1) }),
    future: yield* selfSigned({ notBefore: daysFromNow(1), notAfter: daysFromNow(9) }),
    stranger: yield* selfSigned(),
    authority: yield* selfSigned({ ca: true })
  }
}))
const origins = failingOrigins(server, expired)

/** Real time-outs, short ones. */
const short: Partial<Policy> = {
  attempt: { ...worldPolicy.attempt, connectMs: 1_000, firstByteMs: 1_000, requestMs: 1_500, attemptMs: 5_000 },
  delegation: { mode: "list", hosts: ["hosting.example"], ports: [443] }
}
const layerOrigins = layerWorld({
  ...soundOrigins(server),
  ...Object.fromEntries(origins.map(({ domain, host }) => [domain, host]))
})
const layerPolicy = (policy: Partial<Policy> = {}) =>
  // TCP to the broadcast address fails at once with ENETUNREACH and sends nothing.
  layerVerifier({ ...short, ...policy }, "unreachable.example:443=255.255.255.255:443")

const ask = (question: Partial<Question>) =>
  Verifier.use((verifier) =>
    verifyBy(verifier, {
      domain: "good.example",
      service: "xmpp-server",
      ...(question.chain === undefined && question.fingerprint === undefined ? { certificate: server.pem } : {}),
      ...question
    })
  )

/** The answer is what the table says of its code (requirements §8), and never positive. */
const expectCode = Effect.fnUntraced(function*(question: Partial<Question>, code: FailureCode) {
  const outcome = yield* Effect.result(ask(question))
  if (outcome._tag === "Failure") {
    assert.strictEqual(outcome.failure.code, code, outcome.failure.message)
    assert.strictEqual(failures[code].verdict, "refused")
    return
  }
  const verdict = outcome.success
  assert.strictEqual(verdict.code, code, `${verdict.message} ${JSON.stringify(verdict.evidence.attempts)}`)
  assert.strictEqual(verdict.verdict, failures[code].verdict)
  assert.strictEqual(verdict.retryable, failures[code].retryable)
  assert.isFalse(verdict.valid)
})

describe("origins that fail (ERR-02)", () => {
  it.layer(layerPolicy().pipe(Layer.provideMerge(layerOrigins)), { excludeTestServices: true })((it) => {
    it.effect("sound origins verify, so the others fail for their own reasons", () =>
      Effect.gen(function*() {
        assert.strictEqual((yield* ask({})).code, "Verified")
        assert.strictEqual((yield* ask({ domain: "good-draft.example", chainCheck: "require" })).code, "Verified")
      }))
    it.effect.each(origins.map(({ code, domain }) => ({ code, domain })))(
      "$domain → $code",
      ({ code, domain }) => expectCode({ domain }, code)
    )
    it.effect("FMT-61: a withdrawn delegation causes no second request", () =>
      Effect.map(World, (world) => assert.strictEqual(world.countOf("delegation-withdrawn.example"), 1)))
  })
})

const pem = ({ pem: text }: Certificate) => text
const questions: ReadonlyArray<readonly [string, FailureCode, Partial<Question>, Partial<Policy>?]> = [
  ["no proof at all", "InvalidRequest", { chain: [] }],
  ["two proofs", "InvalidRequest", { certificate: pem(server), chain: [pem(server)] }],
  ["a prooftype to come", "InvalidRequest", { prooftypes: ["posh", "pkix"] }],
  ["an address for a domain", "InvalidSourceDomain", { domain: "127.0.0.1" }],
  ["a service of its own", "UnsupportedService", { service: "imap" }],
  ["no certificate", "MalformedPresentedCertificate", { certificate: "MAA=" }],
  ["an expired certificate", "PresentedCertificateExpired", { certificate: pem(expired) }],
  ["a certificate to come", "PresentedCertificateNotYetValid", { certificate: pem(future) }],
  ["a CA as leaf, enforced", "PresentedCertificatePolicyViolation", { certificate: pem(authority) }, {
    leafProfile: "enforce"
  }],
  ["a stranger's certificate", "CertificateMismatch", { certificate: pem(stranger) }],
  ["a broken chain, required", "ChainInvalid", { domain: "broken-chain.example", chainCheck: "require" }],
  ["names, required", "NameCheckFailed", { nameCheck: "source" }],
  ["no hash in common", "NoCommonHash", { domain: "sha-512-only.example", fingerprint: { "sha-256": "a".repeat(64) } }],
  ["a short deadline", "DeadlineExceeded", { domain: "silent.example", deadlineMs: 60 }],
  ["too many requests for a domain", "RateLimitedLocally", { domain: "nothing.example" }, {
    budgets: { ...worldPolicy.budgets, perSourcePerMinute: 1 }
  }]
]

describe("questions that fail (ERR-02, MAT-60)", () => {
  it.live.each(questions)(
    "%s → %s",
    ([, code, question, policy]) =>
      expectCode(question, code).pipe(Effect.provide(layerPolicy(policy).pipe(Layer.provide(layerOrigins))))
  )

  it.live("too much at once → ResolverOverloaded", () =>
    Effect.gen(function*() {
      const first = yield* Effect.forkChild(ask({ domain: "silent.example", deadlineMs: 800 }))
      yield* Effect.yieldNow
      yield* expectCode({ deadlineMs: 300 }, "ResolverOverloaded")
      assert.isFalse((yield* Fiber.join(first)).valid)
    }).pipe(Effect.provide(
      layerPolicy({ budgets: { ...worldPolicy.budgets, inFlight: 1 } }).pipe(Layer.provide(layerOrigins))
    )))
})

describe("name servers that fail (ERR-02)", () => {
  const zone = {
    "servfail.example": { rcode: "SERVFAIL" },
    "silent-dns.example": { silent: true },
    "private.example": { a: ["10.0.0.1"], aaaa: ["::ffff:127.0.0.1"] }
  } as const
  const layerDns = Layer.unwrap(
    Effect.map(makeDns(zone), ({ server: nameServer }) =>
      Verifier.layer({ ...worldPolicy, ...short }).pipe(
        Layer.provide(HttpsFetcher.layer({ userAgent: "posh-test", dnsServers: [nameServer] })),
        Layer.orDie
      ))
  )

  it.live.each<readonly [string, FailureCode]>([
    ["no-such-name.example", "DnsNameNotFound"],
    ["servfail.example", "DnsTemporaryFailure"],
    ["silent-dns.example", "DnsTemporaryFailure"],
    ["private.example", "BlockedAddress"]
  ])("%s → %s", ([domain, code]) => expectCode({ domain }, code).pipe(Effect.provide(layerDns)))
})
