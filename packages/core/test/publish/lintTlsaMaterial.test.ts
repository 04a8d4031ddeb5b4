/** TLSA records against what is published for POSH. */
import { assert, describe, it } from "@effect/vitest"
import { selfSigned } from "@posh/testing"
import { Effect, Result } from "effect"
import { hash } from "node:crypto"
import type { Material } from "../../src/association/Material.ts"
import { defaultUsages } from "../../src/proof/dane/Tlsa.ts"
import { parseCertificate } from "../../src/x509/Certificate.ts"
import { tlsa } from "../proof/dane/world.ts"
import { brief, digest, find, host, owner, records, srv, tlsaOwner } from "./dnsWorld.ts"

interface MaterialRow {
  readonly name: string
  readonly records: ReadonlyArray<readonly [parameters: string, about: "current" | "renewed" | "other"]>
  readonly published: ReadonlyArray<"current" | "renewed">
  /** Of fingerprints, and of a JWK Set. */
  readonly findings: readonly [ReadonlyArray<string>, ReadonlyArray<string>]
}

const unnamed = (index: number): readonly [ReadonlyArray<string>, ReadonlyArray<string>] => [
  [`warning MaterialWithoutTlsa fingerprints[${index}]`],
  [`warning MaterialWithoutTlsa keys[${index}]`]
]
const unpublished = `info TlsaWithoutMaterial ${tlsaOwner}`

const materialRows: ReadonlyArray<MaterialRow> = [
  { name: "both name it", records: [["3 0 1", "current"]], published: ["current"], findings: [[], []] },
  { name: "whole", records: [["3 0 0", "current"]], published: ["current"], findings: [[], []] },
  {
    name: "a roll-over that DNS does not have yet",
    records: [["3 0 1", "current"]],
    published: ["renewed", "current"],
    findings: unnamed(0)
  },
  {
    name: "none in common",
    records: [["3 0 1", "other"]],
    published: ["current"],
    findings: [[...unnamed(0)[0], unpublished], [...unnamed(0)[1], unpublished]]
  },
  {
    name: "a key: fingerprints do not tell",
    records: [["3 1 1", "other"]],
    published: ["current"],
    findings: [[], [...unnamed(0)[1], unpublished]]
  },
  { name: "an issuer: neither tells", records: [["2 0 1", "other"]], published: ["current"], findings: [[], []] },
  {
    name: "an issuer beside a certificate",
    records: [["2 0 1", "other"], ["3 0 1", "other"]],
    published: ["current"],
    findings: [[unpublished], [unpublished]]
  }
]

describe("TLSA records against what is published", () => {
  it.effect.each(materialRows)("$name", ({ findings, published, records: given }) =>
    Effect.gen(function*() {
      const made = { current: yield* selfSigned(), renewed: yield* selfSigned(), other: yield* selfSigned() }
      const dns = { [`${tlsaOwner} TLSA`]: records(...given.map(([parameters, name]) => tlsa(parameters, made[name]))) }
      const sha256 = (der: Uint8Array) => new Uint8Array(hash("sha256", der, "buffer"))
      const fingerprints: Material = {
        _tag: "Fingerprints",
        descriptors: published.map((name, index) => ({ index, hashes: { "sha-256": sha256(made[name].der) } }))
      }
      const keys: Material = {
        _tag: "JwkSet",
        entries: published.map((name, index) => {
          const { der, notAfter, notBefore, publicKey } = Result.getOrThrow(parseCertificate(made[name].der))
          return { index, chain: [der], notBefore, notAfter, sha256: sha256(der), spkiSha256: sha256(publicKey.spki) }
        })
      }
      assert.deepStrictEqual(brief(yield* find(dns, defaultUsages, fingerprints)), findings[0])
      assert.deepStrictEqual(brief(yield* find(dns, defaultUsages, keys)), findings[1])
    }))

  it.effect("a target that is not looked up may have the record", () =>
    Effect.gen(function*() {
      const { der } = yield* selfSigned()
      const material: Material = {
        _tag: "Fingerprints",
        descriptors: [{ index: 0, hashes: { "sha-256": new Uint8Array(hash("sha256", der, "buffer")) } }]
      }
      const dns = {
        [`${tlsaOwner} TLSA`]: records(digest("3 0 1")),
        [`${owner} SRV`]: { answers: Array.from({ length: 9 }, (_, index) => srv(host, { port: 5_269 + index })) }
      }
      assert.notInclude(brief(yield* find(dns, defaultUsages, material)).join(), "MaterialWithoutTlsa")
    }))
})
