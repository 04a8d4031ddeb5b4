/**
 * Hashes that were published of something other than the certificate's DER octets (RFC 7711 §3.1): of its public key, or of
 * a text of it. This explains a mismatch, and NEVER MAKES A MATCH of it.
 */
import { hash } from "node:crypto"
import type { Descriptor } from "../../association/Material.ts"
import { hashNames } from "../../association/Material.ts"
import { toBase64, toHex } from "../../encoding/base64.ts"
import { type Lint, lint, type LintCode } from "../../Lint.ts"
import type { Certificate } from "../../x509/Certificate.ts"

/** What a hash is of. */
interface Mistake {
  readonly code: LintCode & ("HashOfPublicKey" | "HashOfText")
  readonly detail: string
}

/** Says of what a hash is; `undefined` if it is of the certificate, or of nothing that is known here. */
export type ExplainHash = (octets: Uint8Array) => Mistake | undefined

/**
 * Explains hashes by one certificate.
 *
 * **Details**
 *
 * The length of a hash tells its algorithm. For each algorithm that occurs, some forty times the octets of the certificate
 * are hashed; of one that is larger than certificates of servers are, none.
 */
export const makeExplainHash = (certificate: Certificate): ExplainHash => {
  const known = new Map<string, ReadonlyMap<string, Mistake>>()
  const inputs = certificate.der.length > largest ? [] : inputsOf(certificate)
  return (octets) => {
    const algorithm = algorithms.get(octets.length)
    if (algorithm === undefined) return undefined
    const mistakes = known.get(algorithm) ?? hashAll(algorithm, inputs)
    known.set(algorithm, mistakes)
    return mistakes.get(toHex(octets))
  }
}

/** A finding for each hash of the descriptors that is a known mistake about this certificate. */
export const lintMistakenHashes = (
  descriptors: ReadonlyArray<Descriptor>,
  certificate: Certificate
): ReadonlyArray<Lint> => {
  const explain = makeExplainHash(certificate)
  return descriptors.flatMap(({ hashes, index }) =>
    hashNames.flatMap((name) => {
      const octets = hashes[name]
      return octets === undefined ? [] : lintMistake(explain(octets), `fingerprints[${index}].${name}`)
    })
  )
}

export const lintMistake = (mistake: Mistake | undefined, path: string): ReadonlyArray<Lint> =>
  mistake === undefined ? [] : [lint(mistake.code, "error", path, mistake.detail)]

/** By length in octets. */
const algorithms: ReadonlyMap<number, string> = new Map([[20, "sha1"], [32, "sha256"], [48, "sha384"], [64, "sha512"]])

/** Octets. With a key of RSA and a hundred names a certificate has 4 KiB. */
const largest = 8 * 1024

/** What a publisher may have hashed, and what it is. */
interface Input {
  readonly mistake: Mistake
  readonly input: Uint8Array | string
}

const hashAll = (algorithm: string, inputs: ReadonlyArray<Input>): ReadonlyMap<string, Mistake> =>
  new Map(inputs.map(({ input, mistake }) => [hash(algorithm, input, "hex"), mistake]))

const inputsOf = ({ der, publicKey: { spki } }: Certificate): ReadonlyArray<Input> => [
  ...as("HashOfPublicKey", "the SubjectPublicKeyInfo", [spki]),
  ...as("HashOfPublicKey", "its PEM text", pemTexts("PUBLIC KEY", spki)),
  ...as("HashOfPublicKey", "its base64 text", base64Texts(spki)),
  ...as("HashOfText", "the PEM text", pemTexts("CERTIFICATE", der)),
  ...as("HashOfText", "the base64 text", base64Texts(der)),
  ...as("HashOfText", "the text in hex", hexTexts(der))
]

const as = (code: Mistake["code"], detail: string, inputs: ReadonlyArray<Uint8Array | string>): ReadonlyArray<Input> =>
  inputs.map((input) => ({ mistake: { code, detail }, input }))

/** As OpenSSL writes it (RFC 7468 §2), and without the line end at its end; by the line ends of Windows too. */
const pemTexts = (label: string, octets: Uint8Array): ReadonlyArray<string> =>
  lineEnds(`-----BEGIN ${label}-----\n${wrap(toBase64(octets))}\n-----END ${label}-----`)

const base64Texts = (octets: Uint8Array): ReadonlyArray<string> => {
  const text = toBase64(octets)
  return [...lineEnds(text), ...lineEnds(wrap(text))]
}

const hexTexts = (octets: Uint8Array): ReadonlyArray<string> => {
  const lower = toHex(octets)
  const upper = lower.toUpperCase()
  return [lower, upper, upper.replace(/..(?=.)/g, "$&:")].flatMap((text) => [text, `${text}\n`])
}

const lineEnds = (text: string): ReadonlyArray<string> =>
  [text, `${text}\n`].flatMap((one) => [one, one.replaceAll("\n", "\r\n")])

const wrap = (base64: string): string => base64.replace(/.{64}(?=.)/g, "$&\n")
