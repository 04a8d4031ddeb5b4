/** Path lengths, and graphs that are hard to search. */
import { forge, forgeKeys, generalName } from "@posh/testing"
import { type Case, type Cases, long, middle, root, three, two } from "./case.ts"

/** Two CAs on each level, each with a certificate of both on the level above. None of them is below a root that is trusted. */
const lattice = (subjectOf: (level: number, index: number) => string, oneKey: boolean): Case => {
  const shared = forgeKeys()
  const strangers = [root({ subject: "Stranger 0" }), root({ subject: "Stranger 1" })]
  const levels = [strangers]
  for (let level = 1; level <= 7; level += 1) {
    const above = levels.at(-1) ?? strangers
    levels.push([0, 1].flatMap((index) => {
      const keys = oneKey ? shared : forgeKeys()
      return above.slice(0, 3).filter((_, place) => place !== 1 || level === 1).map((issuer) =>
        forge(issuer, { ca: true, subject: subjectOf(level, index), keys })
      )
    }))
  }
  return { leaf: forge(levels.at(-1)![0]!), intermediates: levels.slice(1).flat(), anchors: [root()] }
}

const manyNames = (count: number, suffix: string) =>
  Array.from({ length: count }, (_, index) => generalName.dns(`n${index}.${suffix}`))

const cycle = (): Case => {
  const keys = [forgeKeys(), forgeKeys()] as const
  const stranger = root({ subject: "A", keys: keys[0] })
  const b = middle(stranger, { subject: "B", keys: keys[1] })
  const a = middle(b, { subject: "A", keys: keys[0] })
  return { leaf: forge(b), intermediates: [a, b], anchors: [root()] }
}

export const pathLengthCases: Cases = {
  "pathlen::ee-with-intermediate-pathlen-0": () => three({ middle: { pathLength: 0 } }),
  "pathlen::ee-with-intermediate-pathlen-1": () => three({ middle: { pathLength: 1 } }),
  "pathlen::ee-with-intermediate-pathlen-2": () => three({ middle: { pathLength: 2 } }),
  "pathlen::intermediate-pathlen-may-increase": () => long({ root: { pathLength: 1 }, middles: [{ pathLength: 9 }] }),
  "pathlen::intermediate-pathlen-too-long": () => long({ middles: [{ pathLength: 0 }, { pathLength: 3 }] }),
  "pathlen::intermediate-violates-pathlen-0": () => long({ root: { pathLength: 0 }, middles: [{}] }),
  "pathlen::max-chain-depth-0": () => ({ ...two(), pathLength: 0 }),
  "pathlen::max-chain-depth-0-exhausted": () => ({ ...three(), pathLength: 0 }),
  "pathlen::max-chain-depth-1": () => ({ ...three(), pathLength: 1 }),
  "pathlen::max-chain-depth-1-exhausted": () => ({ ...long({ middles: [{}, {}] }), pathLength: 1 }),
  "pathlen::max-chain-depth-1-self-issued": () => ({
    ...long({ middles: [{ subject: "Root" }, {}] }),
    pathLength: 1
  }),
  "pathlen::self-issued-certs-pathlen": () =>
    long({ root: { pathLength: 1 }, middles: [{ pathLength: 0, subject: "I" }, { pathLength: 0, subject: "I" }] }),
  "pathlen::validation-ignores-pathlen-in-leaf": () =>
    three({ middle: { pathLength: 0 }, leaf: { ca: true, pathLength: 0, dns: ["example.com"], keyUsage: [0, 5] } }),
  "pathological::intermediate-cycle-distinct-cas": cycle,
  "pathological::intermediate-cycle-distinct-cas-max-depth": () => ({ ...cycle(), pathLength: 5 }),
  "pathological::intermediate-cycle-same-logical-ca": () => {
    const keys = forgeKeys()
    const a = root({ subject: "A", keys })
    const again = middle(a, { subject: "A", keys, pathLength: 3 })
    return { leaf: forge(a), intermediates: [a, again], anchors: [root()] }
  },
  "pathological::multiple-chains-expired-intermediate": () => {
    const [keys, old] = [forgeKeys(), root({ subject: "Old Root" })]
    const anchor = root()
    const expired = middle(old, { keys, notAfter: "2026-02-01T00:00:00Z" })
    return { leaf: forge(expired), intermediates: [expired, middle(anchor, { keys })], anchors: [old, anchor] }
  },
  "pathological::nc-dos-1": () =>
    three({ middle: { permitted: manyNames(1_000, "example.com") }, leaf: { names: manyNames(1_000, "example.com") } }),
  "pathological::nc-dos-2": () =>
    three({
      middle: { excluded: manyNames(1_000, "other.example") },
      leaf: { names: manyNames(1_000, "example.com") }
    }),
  "pathological::nc-dos-3": () => {
    const some = { permitted: manyNames(400, "example.com"), excluded: manyNames(400, "other.example") }
    return three({ root: some, middle: some, leaf: { names: manyNames(500, "example.com") } })
  },
  "pathological::pathological-chain-distinct-subject-distinct-key": () =>
    lattice((level, index) => `${level} ${index}`, false),
  "pathological::pathological-chain-distinct-subject-same-key": () =>
    lattice((level, index) => `${level} ${index}`, true),
  "pathological::pathological-chain-same-subject-distinct-key": () => lattice(() => "CA", false),
  "pathological::pathological-chain-same-subject-same-key": () => lattice(() => "CA", true),
  "cve::cve-2024-0567": () => {
    const keys = { a: forgeKeys(), b: forgeKeys(), c: forgeKeys() }
    const anchor = root({ subject: "A", keys: keys.a })
    const b = middle(anchor, { subject: "B", keys: keys.b })
    const c = middle(b, { subject: "C", keys: keys.c })
    const a = middle(c, { subject: "A", keys: keys.a })
    return { leaf: forge(c), intermediates: [a, b, c], anchors: [anchor] }
  }
}
