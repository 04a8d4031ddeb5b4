import { assert, describe, it } from "@effect/vitest"
import { forge, type Forged, forgeKeys, generalName } from "@posh/testing"
import { Result } from "effect"
import { pathLimits } from "../../../src/Limits.ts"
import { ca, early, expired, type FaultRow, find, under, type World } from "./world.ts"

interface FoundRow {
  readonly name: string
  /** The path above the leaf that has to be found. */
  readonly make: () => World & { readonly path: ReadonlyArray<Forged> }
}

const found: ReadonlyArray<FoundRow> = [
  {
    name: "issuers in any order, with strangers, repetitions and octets that are no certificate",
    make: () => {
      const [root, stranger] = [ca("Root"), ca("Stranger")]
      const upper = ca("Upper", root)
      const lower = ca("Lower", upper)
      const noise = { ...stranger, der: Uint8Array.of(0x30, 1) }
      return {
        leaf: forge(lower),
        intermediates: [stranger, upper, upper, noise, lower, root],
        anchors: [ca("Other"), root],
        path: [lower, upper, root]
      }
    }
  },
  {
    name: "a root has expired; a cross-sign leads to another one",
    make: () => {
      const keys = forgeKeys()
      const [old, root] = [ca("New", undefined, { keys, ...expired }), ca("Root")]
      const crossed = ca("New", root, { keys })
      const issuer = ca("Issuer", old)
      return {
        leaf: forge(issuer),
        intermediates: [issuer, crossed],
        anchors: [old, root],
        path: [issuer, crossed, root]
      }
    }
  },
  {
    name: "a cross-sign by a root that has expired; the CA is an anchor by now",
    make: () => {
      const keys = forgeKeys()
      const [old, root] = [ca("Old", undefined, expired), ca("New", undefined, { keys })]
      const crossed = ca("New", old, { keys })
      const issuer = ca("Issuer", crossed)
      return { leaf: forge(issuer), intermediates: [issuer, crossed], anchors: [old, root], path: [issuer, root] }
    }
  },
  {
    name: "RFC 4158 §3.5.12: two CAs of one name, told apart by their keys",
    make: () => {
      const root = ca("Root")
      const [one, two] = [ca("Issuer", root), ca("Issuer", root)]
      return { leaf: forge(two), intermediates: [one, two], anchors: [root], path: [two, root] }
    }
  },
  {
    name: "a key identifier that names another key decides nothing",
    make: () => {
      const root = ca("Root")
      const leaf = forge({ ...root, keyId: Uint8Array.of(1, 2, 3) })
      return { leaf, intermediates: [], anchors: [root], path: [root] }
    }
  },
  {
    name: "an anchor that is not self-signed",
    make: () => {
      const root = ca("Root")
      const issuer = ca("Issuer", root)
      return { leaf: forge(issuer), intermediates: [root], anchors: [issuer], path: [issuer] }
    }
  },
  {
    name: "one way is too long, another is not",
    make: () => {
      const [root, keys] = [ca("Root", undefined, { pathLength: 1 }), forgeKeys()]
      const upper = ca("Upper", root)
      const [far, near] = [
        ca("Issuer", upper, { keys, notAfter: "2030-01-01T00:00:00Z" }),
        ca("Issuer", root, { keys })
      ]
      return { leaf: forge(far), intermediates: [upper, far, near], anchors: [root], path: [near, root] }
    }
  },
  {
    name: "ten issuers",
    make: () => {
      const cas = [ca("CA 0")]
      while (cas.length < pathLimits.issuers) cas.unshift(ca(`CA ${cas.length}`, cas[0]))
      return { leaf: forge(cas[0]), intermediates: cas.slice(0, -1), anchors: cas.slice(-1), path: cas }
    }
  },
  {
    name: "SHA-1, where it is accepted",
    make: () => {
      const root = ca("Root")
      return { leaf: forge(root, { sha1: true }), intermediates: [], anchors: [root], path: [root], allowSha1: true }
    }
  }
]

const srv = [generalName.srv("_xmpp-server.other.example")]

const faults: ReadonlyArray<FaultRow> = [
  {
    name: "no intermediate",
    make: () => ({ ...under({}, {}), intermediates: [] }),
    reason: "incomplete",
    detail: /was not presented/,
    index: 0
  },
  {
    name: "no anchor",
    make: () => ({ ...under({}, {}), anchors: [] }),
    reason: "incomplete",
    detail: /was not presented/,
    index: 1
  },
  {
    name: "an anchor of the issuer's name, with another key",
    make: () => ({ ...under({}, {}), anchors: [ca("Root")] }),
    reason: "incomplete",
    detail: /was not presented/,
    index: 1
  },
  {
    name: "a self-signed certificate that is no anchor",
    make: () => {
      const world = under({}, {})
      return { ...world, intermediates: [...world.intermediates, ...world.anchors], anchors: [ca("Other")] }
    },
    reason: "invalid",
    detail: /self-signed certificate is no trust anchor/,
    index: 2
  },
  {
    name: "a leaf that is an anchor itself",
    make: () => {
      const leaf = forge(undefined, { ca: true, subject: "leaf", dns: ["example.com"] })
      return { leaf, intermediates: [], anchors: [leaf] }
    },
    reason: "invalid",
    detail: /self-signed/
  },
  { name: "the root has expired", make: () => under(expired, {}), reason: "invalid", detail: /expired/, index: 2 },
  { name: "the issuer has expired", make: () => under({}, expired), reason: "invalid", detail: /expired/, index: 1 },
  { name: "the leaf has expired", make: () => under({}, {}, expired), reason: "invalid", detail: /expired/, index: 0 },
  { name: "the root is early", make: () => under(early, {}), reason: "invalid", detail: /not valid yet/, index: 2 },
  {
    name: "SHA-1",
    make: () => under({}, {}, { sha1: true }),
    reason: "invalid",
    detail: /SHA-1 signatures are not accepted/,
    index: 0
  },
  {
    name: "an issuer for clients",
    make: () => ({ ...under({}, { extendedKeyUsage: ["1.3.6.1.5.5.7.3.2"] }), purpose: "1.3.6.1.5.5.7.3.1" }),
    reason: "invalid",
    detail: /purpose/,
    index: 1
  },
  {
    name: "eleven issuers",
    make: () => {
      const cas = [ca("CA 0")]
      while (cas.length <= pathLimits.issuers) cas.unshift(ca(`CA ${cas.length}`, cas[0]))
      return { leaf: forge(cas[0]), intermediates: cas.slice(0, -1), anchors: cas.slice(-1) }
    },
    reason: "invalid",
    detail: /too long/
  },
  {
    name: "SRVName of another domain, below a CA for dNSNames of one",
    make: () => under({}, { permitted: [generalName.dns("example.com")] }, { names: srv }),
    reason: "invalid",
    detail: /\(dns\) violates/,
    index: 0
  },
  {
    name: "XmppAddr of another domain, below a CA for dNSNames of one",
    make: () =>
      under({}, { excluded: [generalName.dns("other.example")] }, { names: [generalName.xmpp("other.example")] }),
    reason: "invalid",
    detail: /\(dns\) violates/,
    index: 0
  },
  {
    name: "RFC 4985 §4: SRVName of another service",
    make: () => under({}, { permitted: [generalName.srv("_imaps")] }, { names: srv }),
    reason: "invalid",
    detail: /\(srv\) violates/,
    index: 0
  }
]

describe("findPath (POSH-PRF-01)", () => {
  it.each(found)("finds: $name", ({ make }) => {
    const { path, ...world } = make()
    const result = Result.getOrThrow(find(world))
    assert.deepStrictEqual(result.certificates, [world.leaf, ...path].map(({ der }) => der))
  })

  it.each(faults)("none: $name", ({ detail, index, make, reason }) => {
    const world = make()
    const fault = Result.getOrThrow(Result.flip(find(world)))
    assert.strictEqual(fault.reason, reason)
    assert.match(fault.detail, detail)
    if (index !== undefined) assert.strictEqual(fault.index, index)
  })

  it("a path is valid from its latest notBefore to its earliest notAfter", () => {
    const world = under({ notAfter: "2026-08-01T00:00:00Z" }, { notBefore: "2026-03-01T00:00:00Z" })
    const path = Result.getOrThrow(find(world))
    assert.deepStrictEqual([path.notBefore, path.notAfter], [Date.UTC(2026, 2), Date.UTC(2026, 7)])
    for (const inside of [path.notBefore, path.notAfter]) assert(Result.isSuccess(find({ ...world, now: inside })))
    for (const outside of [path.notBefore - 1, path.notAfter + 1]) {
      assert(Result.isFailure(find({ ...world, now: outside })))
    }
  })

  it("there is no path until a certificate begins to be valid", () => {
    const until = (world: World) => Result.getOrThrow(Result.flip(find(world))).until
    assert.strictEqual(until(under({}, early)), Date.UTC(2026, 6))
    assert.strictEqual(until(under({}, {}, early)), Date.UTC(2026, 6))
    assert.strictEqual(until(under({}, expired)), Number.POSITIVE_INFINITY)
  })

  it("the order of the intermediates changes nothing", () => {
    const world = found[1]!.make()
    const paths = [world.intermediates, world.intermediates.toReversed()].map((intermediates) =>
      Result.getOrThrow(find({ ...world, intermediates }))
    )
    assert.deepStrictEqual(paths[0], paths[1])
  })
})
