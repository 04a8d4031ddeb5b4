/**
 * Checks that the web server's certificate names the host (POSH-RES-31).
 */
import { Result } from "effect"
import type { Domain } from "../question/Domain.ts"
import { isDer } from "../x509/der.ts"
import { constructed, type Der, primitive, readAll, readInside, type ReadResult, tags } from "../x509/derReader.ts"

/**
 * For `checkServerIdentity` of `node:tls`: an error, or `undefined` if the certificate names the host.
 *
 * **Details**
 *
 * DNS-ID only (RFC 9525 §6): no common name, no IP address; a wildcard matches exactly the whole left-most label. The
 * names are read from the DER of the certificate, because the list that Node.js gives is quoted text. NOT CHECKED:
 * anything else in the certificate, which path validation does. A certificate that cannot be parsed names no host.
 */
export const identityError = (host: Domain, certificate: Uint8Array | undefined): Error | undefined =>
  certificate !== undefined && namesHost(certificate, host)
    ? undefined
    : Object.assign(new Error("the certificate does not name the host"), { code: identityErrorCode })

/** The error code of the check of Node.js, which this one replaces. */
export const identityErrorCode = "ERR_TLS_CERT_ALTNAME_INVALID"

const namesHost = (certificate: Uint8Array, host: Domain): boolean =>
  Result.match(readDnsNames(certificate), {
    onFailure: () => false,
    onSuccess: (names) => names.some((name) => matches(name, host))
  })

// At least two labels follow the wildcard: `*.tld` is not allowed.
const wildcard = /^\*(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?){2,}$/

const matches = (name: string, host: Domain): boolean =>
  name === host || (wildcard.test(name) && name.slice(1) === host.slice(host.indexOf(".")))

/** The dNSNames of the only subjectAltName, in lower case. Octets beyond ASCII are kept, and match no host. */
const readDnsNames = (certificate: Uint8Array): ReadResult<ReadonlyArray<string>> =>
  Result.gen(function*() {
    const [tbs] = yield* readInside(certificate, tags.sequence)
    const fields = tbs?.tag === tags.sequence ? yield* readAll(tbs.content) : []
    const extensions = fields.find(({ tag }) => tag === constructed(3))?.content
    if (extensions === undefined) return []

    const values: Array<Der | undefined> = []
    for (const { content } of yield* readInside(extensions, tags.sequence)) {
      const parts = yield* readAll(content)
      if (parts[0] !== undefined && subjectAltName.equals(parts[0].octets)) values.push(parts.at(-1))
    }
    const [value, ...more] = values
    // An extension must not occur twice (RFC 5280 §4.2): neither counts.
    if (value?.tag !== tags.octetString || more.length > 0) return []
    if (!isDer(value.content, value.content.length)) return []
    const names = yield* readInside(value.content, tags.sequence)
    if (!names.every(({ tag }) => generalNames.has(tag))) return []
    return names.filter(({ tag }) => tag === primitive(2)).map(({ content }) => textOf(content))
  })

const textOf = (octets: Uint8Array): string =>
  Buffer.from(octets).toString("latin1").replace(/[A-Z]+/g, (letters) => letters.toLowerCase())

const subjectAltName = Buffer.from("0603551d11", "hex") // 2.5.29.17

/** RFC 5280 §4.2.1.6: otherName, x400Address, directoryName and ediPartyName are constructed. */
const generalNames: ReadonlySet<number> = new Set([
  ...[0, 3, 4, 5].map(constructed),
  ...[1, 2, 6, 7, 8].map(primitive)
])
