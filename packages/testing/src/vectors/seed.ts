/**
 * The examples of the JWK Set draft as files (requirements A.1, A.2): one JWK, and two of a same-key
 * renewal. All their certificates are expired and signed with SHA-1; ask about them at 2013-06-04.
 */
import { readFileSync } from "node:fs"

export interface SeedJwk {
  readonly kty: "RSA"
  readonly kid: string
  readonly n: string
  readonly e: string
  readonly x5c: ReadonlyArray<string>
}

export interface SeedExample {
  /** The file as it is. */
  readonly text: string
  readonly document: { readonly keys: ReadonlyArray<SeedJwk> }
}

const load = (name: string): SeedExample => {
  const text = readFileSync(new URL(`../../vectors/${name}.json`, import.meta.url), "utf8")
  return { text, document: JSON.parse(text) as SeedExample["document"] }
}

export const seedExample1: SeedExample = load("seed-example-1")
export const seedExample2: SeedExample = load("seed-example-2")

/** A day on which the leaf of example 1 and both leaves of example 2 are valid. */
export const seedDay = new Date("2013-06-04T00:00:00Z")

const certificate = (example: SeedExample, key: number, index: number): Uint8Array => {
  const base64 = example.document.keys[key]?.x5c[index]
  if (base64 === undefined) throw new RangeError(`the example has no certificate ${index} in key ${key}`)
  return new Uint8Array(Buffer.from(base64, "base64"))
}

/** The leaf of a key, DER. */
export const seedLeaf = (example: SeedExample, key = 0): Uint8Array => certificate(example, key, 0)

/** `Example CA`, the issuer of all three leaves, DER. */
export const seedCa: Uint8Array = certificate(seedExample1, 0, 1)
