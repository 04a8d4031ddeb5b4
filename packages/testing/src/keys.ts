/** Key pairs for the small CA. */
import { KeyObject, webcrypto } from "node:crypto"

export type KeyPair = webcrypto.CryptoKeyPair
export type KeyKind = "ec" | "p384" | "rsa2048" | "rsa4096" | "rsa1024" | "ed25519"
export type SignatureHash = "SHA-256" | "SHA-1"

const RSA = "RSASSA-PKCS1-v1_5"
const rsa = (modulusLength: number) => ({
  name: RSA,
  modulusLength,
  publicExponent: Uint8Array.of(1, 0, 1),
  hash: "SHA-256"
})

/** A new extractable key pair. RSA is expensive (2048 bits take about 100 ms), so it is never the default. */
export const generateKeys = async (kind: KeyKind): Promise<KeyPair> => {
  const uses: Array<webcrypto.KeyUsage> = ["sign", "verify"]
  if (kind === "ed25519") return await webcrypto.subtle.generateKey("Ed25519", true, uses) as KeyPair
  if (kind === "rsa2048") return await webcrypto.subtle.generateKey(rsa(2048), true, uses)
  if (kind === "rsa4096") return await webcrypto.subtle.generateKey(rsa(4096), true, uses)
  if (kind === "rsa1024") return await webcrypto.subtle.generateKey(rsa(1024), true, uses)
  const namedCurve = kind === "p384" ? "P-384" : "P-256"
  return await webcrypto.subtle.generateKey({ name: "ECDSA", namedCurve }, true, uses)
}

/** The private key as PKCS #8 PEM, as `node:tls` takes it. */
export const keyPemOf = (keys: KeyPair): string =>
  KeyObject.from(keys.privateKey).export({ type: "pkcs8", format: "pem" }).toString()

/** Signs with any hash. WebCrypto binds an RSA key to one hash, so the key is imported again for another. */
export const signerOf = async (keys: KeyPair, hash: SignatureHash) => {
  const { name } = keys.privateKey.algorithm
  if (name !== RSA || hash === "SHA-256") return { signingKey: keys.privateKey, signingAlgorithm: { name, hash } }
  const pkcs8 = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey)
  const signingKey = await webcrypto.subtle.importKey("pkcs8", pkcs8, { name, hash }, true, ["sign"])
  return { signingKey, signingAlgorithm: { name, hash } }
}
