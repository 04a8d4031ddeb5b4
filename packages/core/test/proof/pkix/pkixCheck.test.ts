import { assert, describe, it } from "@effect/vitest"
import { forge, type Forged, forgeKeys, type ForgeOptions, generalName } from "@posh/testing"
import { Result } from "effect"
import { pathLimits } from "../../../src/Limits.ts"
import { canonicalNames } from "../../../src/presented/NameCheck.ts"
import { type PkixPolicy, strictPkixPolicy } from "../../../src/proof/pkix/leafFault.ts"
import { makePkixCheck, type PkixCheck, type PkixQuestion, type PkixResult } from "../../../src/proof/pkix/PkixCheck.ts"
import { type Domain, parseDomain } from "../../../src/question/Domain.ts"
import { registeredServices } from "../../../src/question/Service.ts"
import { parseCertificate } from "../../../src/x509/Certificate.ts"
import { makeTrustAnchors, type TrustAnchors } from "../../../src/x509/path/TrustAnchors.ts"
import { assertHeld } from "../../hostile/measure.ts"

const domain = (name: string): Domain => Result.getOrThrow(parseDomain(name, { allowSpecialUse: true }))
const service = registeredServices.get("xmpp-server")!
const now = Date.UTC(2026, 5)

const keys = forgeKeys()
const root = forge(undefined, { ca: true, subject: "Root" })
const issuer = forge(root, { ca: true, subject: "Issuer", keys })
const anchors = makeTrustAnchors([root.der])

interface Change extends Partial<Omit<PkixQuestion, "leaf" | "names" | "policy">> {
  readonly policy?: Partial<PkixPolicy>
}

const questionAbout = ({ der }: Forged, { policy, ...change }: Change = {}): PkixQuestion => {
  const leaf = Result.getOrThrow(parseCertificate(der))
  return {
    leaf,
    names: () => canonicalNames(leaf.names),
    intermediates: [issuer.der],
    anchors,
    now,
    service,
    source: domain("im.example.com"),
    policy: { ...strictPkixPolicy, ...policy },
    ...change
  }
}

const outcomeOf = (result: PkixResult): string => result._tag === "Verified" ? "Verified" : result.code

interface Row {
  readonly name: string
  readonly leaf: ForgeOptions
  readonly change?: Change
  readonly expected: "Verified" | "PkixPathInvalid" | "PkixNameMismatch" | "PathIncomplete"
}

const row = (expected: Row["expected"], name: string, leaf: ForgeOptions, change: Change = {}): Row => ({
  name,
  leaf,
  change,
  expected
})

const dns = (...names: ReadonlyArray<string>): ForgeOptions => ({ dns: names })
const only = (...names: ReadonlyArray<Uint8Array>): ForgeOptions => ({ dns: [], names })
const { srv, xmpp } = generalName
const named = dns("im.example.com")
const anyPurpose = ["2.5.29.37.0"]

const rows: ReadonlyArray<Row> = [
  row("Verified", "POSH-PRF-02: DNS-ID", named),
  row("Verified", "POSH-PRF-02: SRV-ID", only(srv("_xmpp-server.im.example.com"))),
  row("Verified", "POSH-PRF-02: XmppAddr", only(xmpp("im.example.com"))),
  row("PkixNameMismatch", "POSH-PRF-02: SRV-ID of another service", only(srv("_xmpp-client.im.example.com"))),
  row("PkixNameMismatch", "POSH-PRF-02: XmppAddr with a localpart", only(xmpp("me@im.example.com"))),
  row("PkixNameMismatch", "POSH-PRF-02: another domain", dns("other.example.com")),
  row("PkixNameMismatch", "POSH-PRF-03: a common name alone", { ...only(), subject: "im.example.com" }),
  row("Verified", "POSH-PRF-04: letter case", dns("IM.Example.COM")),
  row("Verified", "POSH-PRF-04: a wildcard for one label", dns("*.example.com")),
  row("PkixNameMismatch", "POSH-PRF-04: a wildcard for two labels", dns("*.com")),
  row("PkixNameMismatch", "POSH-PRF-04: part of a label", dns("i*.example.com")),
  row("PkixNameMismatch", "POSH-PRF-04: a wildcard in SRV-ID", only(srv("_xmpp-server.*.example.com"))),
  row("PkixNameMismatch", "RFC 9525 §7.1: a wildcard for a public suffix", dns("*.com"), {
    source: domain("example.com")
  }),
  row("Verified", "a name beside such a wildcard", dns("*.com", "example.com"), { source: domain("example.com") }),
  row("Verified", "POSH-PRF-05: letter case of the service", only(srv("_XMPP-Server.im.example.com"))),
  row("Verified", "POSH-PRF-06: U-labels", only(xmpp("bücher.example.com")), { source: domain("bücher.example.com") }),
  row("Verified", "POSH-PRF-07: a derived domain", dns("host.example.net"), { derived: [domain("host.example.net")] }),
  row("Verified", "POSH-PRF-07: the source domain beside a derived one", named, {
    derived: [domain("host.example.net")]
  }),
  row("PkixNameMismatch", "POSH-PRF-07: a host that is not derived", dns("host.example.net")),
  row("PkixPathInvalid", "the leaf is a CA", { ...named, ca: true, keyUsage: [0, 5] }),
  row("Verified", "the leaf is a CA, by policy", { ...named, ca: true, keyUsage: [0, 5] }, {
    policy: { caLeaf: true }
  }),
  row("PkixPathInvalid", "keyUsage without TLS", { ...named, keyUsage: [1] }),
  row("Verified", "keyUsage of RSA key exchange", { ...named, keyUsage: [2] }),
  row("Verified", "no keyUsage", { ...named, instead: { keyUsage: null } }),
  row("PkixPathInvalid", "POSH-PRF-01: for clients", { ...named, extendedKeyUsage: ["1.3.6.1.5.5.7.3.2"] }),
  row("Verified", "POSH-PRF-01: without purpose", { ...named, extendedKeyUsage: [] }),
  row("PkixPathInvalid", "POSH-PRF-01: any purpose", { ...named, extendedKeyUsage: anyPurpose }),
  row("Verified", "POSH-PRF-01: any purpose, by policy", { ...named, extendedKeyUsage: anyPurpose }, {
    policy: { anyPurpose: true }
  }),
  row("PkixPathInvalid", "POSH-PRF-01: SHA-1", { ...named, sha1: true }),
  row("Verified", "POSH-PRF-01: SHA-1, by policy", { ...named, sha1: true }, { policy: { allowSha1: true } }),
  row("PathIncomplete", "an intermediate is missing", named, { intermediates: [] }),
  row("PathIncomplete", "another root", named, { anchors: makeTrustAnchors([forge(undefined, { ca: true }).der]) }),
  row("PkixPathInvalid", "the leaf has expired", { ...named, notAfter: "2026-05-01T00:00:00Z" }),
  row("PkixPathInvalid", "a path comes before names", { ...dns("other.example"), notAfter: "2026-05-01T00:00:00Z" })
]

describe("checkPkix (requirements §6.1)", () => {
  it.each(rows)("$expected: $name", ({ change, expected, leaf }) => {
    assert.strictEqual(outcomeOf(makePkixCheck().check(questionAbout(forge(issuer, leaf), change))), expected)
  })

  it("a yes ends with the first certificate of the path", () => {
    const result = makePkixCheck().check(questionAbout(forge(issuer, { ...named, notAfter: "2026-07-01T00:00:00Z" })))
    assert.strictEqual(result._tag === "Verified" ? result.until : undefined, Date.UTC(2026, 6))
  })
})

/** Anchors that count how often somebody looks for an issuer. */
const counting = (set: TrustAnchors) => {
  const count = { lookups: 0 }
  const named = (subject: string) => {
    count.lookups += 1
    return set.named(subject)
  }
  return { count, anchors: { id: set.id, named } }
}

const lookups = (check: PkixCheck["check"], questions: ReadonlyArray<PkixQuestion>) => {
  const { anchors: counted, count } = counting(anchors)
  const outcomes = questions.map((question) => outcomeOf(check({ ...question, anchors: counted })))
  return { outcomes, lookups: count.lookups }
}

describe("the memo of paths", () => {
  const leaf = forge(issuer, named)

  it("a second answer searches nothing", () => {
    const question = questionAbout(leaf)
    const { check } = makePkixCheck()
    assert.deepStrictEqual(check(question), check({ ...question, intermediates: [issuer.der.slice()] }))
    assert.deepStrictEqual(lookups(check, [question, question]), { outcomes: ["Verified", "Verified"], lookups: 0 })
  })

  it("recall knows what was checked, for as long as that holds, and searches nothing", () => {
    const question = questionAbout(leaf)
    const { check, recall } = makePkixCheck()
    const { anchors: counted, count } = counting(anchors)
    assert.isUndefined(recall({ ...question, anchors: counted }))
    const checked = check(question)
    assert(checked._tag === "Verified")
    assert.deepStrictEqual(recall({ ...question, anchors: counted }), checked)
    assert.isUndefined(recall({ ...question, anchors: counted, now: checked.until + 1 }))
    assert.isUndefined(recall({ ...question, anchors: counted, intermediates: [] }), "another chain")
    assert.strictEqual(count.lookups, 0)
  })

  it("POSH-MAT-02: never says yes after an end", () => {
    const { check } = makePkixCheck()
    const result = check(questionAbout(leaf))
    assert(result._tag === "Verified")
    assert.strictEqual(outcomeOf(check(questionAbout(leaf, { now: result.until }))), "Verified")
    assert.strictEqual(outcomeOf(check(questionAbout(leaf, { now: result.until + 1 }))), "PkixPathInvalid")
    assert.strictEqual(outcomeOf(check(questionAbout(leaf, { now: result.path.notBefore - 1 }))), "PkixPathInvalid")
  })

  it("a no holds until a certificate begins to be valid, and not before it was found", () => {
    const early = forge(root, { ca: true, subject: "Issuer", keys, notBefore: "2026-06-02T00:00:00Z" })
    const at = (instant: number) => questionAbout(leaf, { intermediates: [early.der], now: instant })
    const { check } = makePkixCheck()
    assert.strictEqual(outcomeOf(check(at(now))), "PkixPathInvalid")
    const begins = Date.UTC(2026, 5, 2)
    assert.deepStrictEqual(lookups(check, [at(now), at(begins - 1)]).lookups, 0)
    assert.strictEqual(outcomeOf(check(at(begins))), "Verified")

    const late = (instant: number) => questionAbout(leaf, { now: instant })
    assert.strictEqual(outcomeOf(makeChecked(late(Date.UTC(2028, 0)))(late(now))), "Verified", "a clock set back")
  })

  it("another chain, other anchors and another policy are other questions", () => {
    const { check } = makePkixCheck()
    const question = questionAbout(forge(issuer, { ...named, sha1: true }), { policy: { allowSha1: true } })
    assert.strictEqual(outcomeOf(check(question)), "Verified")
    assert.strictEqual(outcomeOf(check({ ...question, policy: strictPkixPolicy })), "PkixPathInvalid")
    assert.strictEqual(outcomeOf(check({ ...question, intermediates: [] })), "PathIncomplete")
    assert.strictEqual(outcomeOf(check({ ...question, anchors: makeTrustAnchors([]) })), "PathIncomplete")
  })

  it("10,000 chains fit, and a warm answer searches nothing", () => {
    assert.isAtLeast(pathLimits.results, 10_000)
    const { check } = makePkixCheck()
    // Chains that differ by a stranger's certificate, which is none.
    const questions = Array.from({ length: 1_000 }, (_, index) => {
      const stranger = Uint8Array.of(index >> 8, index & 0xff)
      return questionAbout(leaf, { intermediates: [issuer.der, stranger] })
    })
    assert.isTrue(questions.every((question) => check(question)._tag === "Verified"))
    assert.strictEqual(lookups(check, questions).lookups, 0)
    assertHeld(100, () => questions.forEach(check)) // ten times the room
  })
})

describe("the memo of leaves", () => {
  it("names are read once for each domain, service and way there", () => {
    const leaf = forge(issuer, { dns: ["im.example.com", "host.example.net"] })
    const count = { reads: 0 }
    const base = questionAbout(leaf)
    const names = () => {
      count.reads += 1
      return base.names()
    }
    const { check } = makePkixCheck()
    const askTwice = (change: Change) => {
      const outcomes = [1, 2].map(() => outcomeOf(check({ ...base, names, ...change, policy: base.policy })))
      return `${outcomes.join()} ${count.reads}`
    }
    const other = domain("other.example.com")
    const host = domain("host.example.net")
    assert.strictEqual(askTwice({}), "Verified,Verified 1")
    assert.strictEqual(askTwice({ source: other }), "PkixNameMismatch,PkixNameMismatch 2")
    assert.strictEqual(askTwice({ source: other, derived: [host] }), "Verified,Verified 3")
    assert.strictEqual(askTwice({ source: other, derived: [] }), "PkixNameMismatch,PkixNameMismatch 3")
    assert.strictEqual(askTwice({ service: registeredServices.get("xmpp-client")! }), "Verified,Verified 4")
  })

  it("a policy is not answered for another one", () => {
    const { check } = makePkixCheck()
    const question = questionAbout(forge(issuer, { ...named, extendedKeyUsage: anyPurpose }), {
      policy: { anyPurpose: true }
    })
    assert.strictEqual(outcomeOf(check(question)), "Verified")
    assert.strictEqual(outcomeOf(check({ ...question, policy: strictPkixPolicy })), "PkixPathInvalid")
  })
})

/** A check that has answered this. */
const makeChecked = (question: PkixQuestion): PkixCheck["check"] => {
  const { check } = makePkixCheck()
  check(question)
  return check
}
