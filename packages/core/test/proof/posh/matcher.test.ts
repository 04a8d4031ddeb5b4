import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import {
  type Descriptor,
  type Hashes,
  hashLengths,
  type HashName,
  hashNames
} from "../../../src/association/Material.ts"
import { Presented } from "../../../src/presented/Presented.ts"
import { match, type MatchOptions } from "../../../src/proof/posh/Matcher.ts"

const octets = (name: HashName, seed: number) => new Uint8Array(hashLengths[name]).fill(seed)
const hashes = (given: { readonly [K in HashName]?: number }): Hashes =>
  Object.fromEntries(Object.entries(given).map(([name, seed]) => [name, octets(name as HashName, seed)]))
const options: MatchOptions = { now: 0, hashes: hashNames, mode: "certificate", admits: () => true }

const outcome = (
  descriptors: ReadonlyArray<Parameters<typeof hashes>[0]>,
  presented: Parameters<typeof hashes>[0],
  more: Partial<MatchOptions> = {}
) => {
  const found = match(
    {
      _tag: "Fingerprints",
      descriptors: descriptors.map((given, index): Descriptor => ({ index, hashes: hashes(given) }))
    },
    new Presented(hashes(presented)),
    { ...options, ...more }
  )
  return found._tag === "Unmatched"
    ? found.code
    : [found.candidate.index, found.candidate.algorithm, ...found.lints.map(({ code }) => code)].join(" ")
}

const all = (seed: number) => ({ "sha-256": seed, "sha-384": seed, "sha-512": seed })

describe("match against fingerprints", () => {
  it.each<[string, ReadonlyArray<object>, object, Partial<MatchOptions>, string]>([
    ["MAT-30 the only hash", [{ "sha-256": 1 }], all(1), {}, "0 sha-256"],
    ["MAT-30 the strongest", [all(1)], all(1), {}, "0 sha-512"],
    ["MAT-30 the strongest decides against", [{ "sha-256": 1, "sha-512": 2 }], all(1), {}, "CertificateMismatch"],
    [
      "MAT-31 the strongest decides for",
      [{ "sha-256": 2, "sha-512": 1 }],
      all(1),
      {},
      "0 sha-512 DescriptorInconsistent"
    ],
    ["MAT-40 any descriptor", [{ "sha-256": 2 }, { "sha-256": 1 }], all(1), {}, "1 sha-256 MatchedNonPrimary"],
    ["MAT-41 the first in document order", [{ "sha-256": 1 }, { "sha-512": 1 }], all(1), {}, "0 sha-256"],
    ["mismatch", [{ "sha-256": 2 }], all(1), {}, "CertificateMismatch"],
    ["question by fingerprint", [all(1)], { "sha-256": 1 }, {}, "0 sha-256"],
    [
      "question by fingerprint, strongest in common",
      [all(1)],
      { "sha-256": 1, "sha-384": 2 },
      {},
      "CertificateMismatch"
    ],
    ["no hash in common", [{ "sha-512": 1 }], { "sha-256": 1 }, {}, "NoCommonHash"],
    ["a hash in common with one", [{ "sha-512": 1 }, { "sha-256": 2 }], { "sha-256": 1 }, {}, "CertificateMismatch"],
    ["SEC-20 a disabled hash", [{ "sha-256": 1 }], all(1), { hashes: ["sha-512"] }, "NoUsableFingerprints"],
    ["SEC-20 the next one decides", [all(1)], all(1), { hashes: ["sha-256"] }, "0 sha-256"]
  ])(
    "%s",
    (_, descriptors, presented, more, expected) => assert.strictEqual(outcome(descriptors, presented, more), expected)
  )

  const Seed = Schema.Literals([1, 2, 3])
  const Given = Schema.Struct({
    "sha-256": Schema.optionalKey(Seed),
    "sha-384": Schema.optionalKey(Seed),
    "sha-512": Schema.optionalKey(Seed)
  })
  it.prop(
    "MAT-41: order never changes whether there is a match",
    [Schema.Array(Given), Given],
    ([descriptors, presented]) => {
      const isMatch = (text: string) => /^\d/.test(text)
      const there = outcome(descriptors, presented)
      const back = outcome(descriptors.toReversed(), presented)
      assert.strictEqual(isMatch(there), isMatch(back))
    },
    { arbitrary: { runs: 2_000 } }
  )
})
