/**
 * A question → what is sent, and what an answer to it must say. Pure.
 */
import { Result, Schema } from "effect"
import { Question } from "../Question.ts"
import { fromBase64, fromHex, toBase64 } from "./base64.ts"
import { readCertificates } from "./certificates.ts"
import type { ClientQuestion } from "./VerifyResult.ts"

/** A question that is ready to be sent. */
export interface PreparedQuestion {
  /** The canonical form without the deadline: equal questions have equal keys. Also the JSON that is sent. */
  readonly key: string
  /** The same without what makes it want more than an earlier answer. */
  readonly plainKey: string
  readonly octets: number
  readonly deadlineMs: number | undefined
  readonly explain: boolean
  /** Whether an earlier answer will do. */
  readonly cacheable: boolean
  /** As the answer must have them. */
  readonly domain: string
  readonly service: string
  /** DER of the leaf, or hashes of it in base64. */
  readonly leaf: Uint8Array<ArrayBuffer> | undefined
  readonly hashes: { readonly sha256?: string; readonly sha512?: string }
}

/** The largest question that the service reads, in octets. */
const largest = 1024 * 1024

const decode = Schema.decodeUnknownResult(Question, { onExcessProperty: "error" })

type Prepared = Result.Result<PreparedQuestion, string>

export const prepare = (question: ClientQuestion): Prepared =>
  Result.flatMap(Result.try({ try: () => copy(question), catch: () => "it cannot be read" }), prepareCopy)

/** Own members alone, read once: what is checked is what is sent. */
const copy = (question: ClientQuestion): Record<string, unknown> =>
  Object.fromEntries(Object.entries(question).filter(([, value]) => value !== undefined))

const prepareCopy = ({ certificate, chain, fingerprint, ...rest }: Record<string, unknown>): Prepared =>
  Result.gen(function*() {
    if ([certificate, chain, fingerprint].filter((given) => given !== undefined).length !== 1) {
      return yield* Result.fail("exactly one of certificate, chain and fingerprint is needed")
    }
    const domain = yield* expectedDomain(rest["domain"])
    const service = yield* expectedService(rest["service"])
    const hashes = fingerprint === undefined ? {} : yield* readHashes(fingerprint)
    const ders = fingerprint === undefined
      ? yield* readCertificates(Array.isArray(chain) ? chain : [certificate ?? chain])
      : []
    const texts = ders.map(toBase64)
    const subject = fingerprint !== undefined
      ? { fingerprint: { ...named("sha-256", hashes.sha256), ...named("sha-512", hashes.sha512) } }
      : texts.length === 1
      ? { certificate: texts[0] }
      : { chain: texts }
    // ASCII in canonical form, so that spellings share an answer; mapping of other characters is left to the service.
    const sent = { ...rest, ...subject, domain: isAscii(rest["domain"]) ? domain : rest["domain"] }
    const { deadlineMs, ...canonical } = yield* Result.mapError(decode(sent), ({ message }) => message.slice(0, 300))
    const { maxAge, refresh, ...plain } = canonical
    const key = toKey(canonical)
    const cacheable = refresh !== true && maxAge === undefined
    const octets = new TextEncoder().encode(key).length + 64 // with id and deadline
    if (octets > largest) return yield* Result.fail("it is larger than 1 MiB")
    return {
      key,
      plainKey: cacheable ? key : toKey(plain),
      octets,
      deadlineMs,
      explain: canonical.explain === true,
      cacheable,
      domain,
      service,
      leaf: ders[0],
      hashes
    }
  })

const toKey = (members: object): string => JSON.stringify(Object.fromEntries(Object.entries(members).toSorted(byName)))

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) => a < b ? -1 : 1

const named = <Name extends string>(name: Name, value: string | undefined) =>
  value === undefined ? {} : { [name]: value }

const isAscii = (text: unknown): boolean => typeof text === "string" && /^[\x21-\x7e]+$/.test(text)

/** The canonical form (requirements §2.1). Where it differs from the service's, the answer is refused. */
export const expectedDomain = (domain: unknown): Result.Result<string, string> => {
  if (typeof domain !== "string" || domain === "" || domain.length > 1_000) return Result.fail("the domain is no name")
  // URL parsers would read these as other parts of a URL, or repair them.
  if (/[\s/?#@:[\]\\%]/.test(domain)) return Result.fail("the domain has a character that no host name has")
  const mapped = isAscii(domain)
    ? domain.toLowerCase()
    : Result.getOrUndefined(Result.try(() => new URL(`https://${domain}`).hostname))
  return mapped === undefined ? Result.fail("the domain is no name") : Result.succeed(mapped.replace(/\.$/, ""))
}

/** The key that the service answers with, for its aliases as well (POSH-RES-14, POSH-RES-16). */
const expectedService = (service: unknown): Result.Result<string, string> => {
  if (typeof service !== "string" || !/^[\x21-\x7e]{1,64}$/.test(service)) return Result.fail("the service is no name")
  const name = service.toLowerCase()
  return Result.succeed(
    (/^_([^.]+)\._(?:tcp|udp|sctp)$/.exec(name)?.[1] ?? name).replace(/^xmpps-(?=client$|server$)/, "xmpp-")
  )
}

const lengths = { "sha-256": 32, "sha-512": 64 } as const

const readHashes = (value: unknown): Result.Result<PreparedQuestion["hashes"], string> =>
  Result.gen(function*() {
    const given = Object.entries(value ?? {}).filter(([, text]) => text !== undefined)
    if (given.length === 0) return yield* Result.fail("fingerprint has no hash")
    const hashes: { sha256?: string; sha512?: string } = {}
    for (const [name, text] of given) {
      if (name !== "sha-256" && name !== "sha-512") {
        return yield* Result.fail("fingerprint has another hash than SHA-256, SHA-512")
      }
      const octets = typeof text !== "string" ? undefined : [fromHex(text), fromBase64(text)]
        .find((decoded) => decoded?.length === lengths[name])
      if (octets === undefined) {
        return yield* Result.fail(`${name} is neither hex nor base64 of ${lengths[name]} octets`)
      }
      hashes[name === "sha-256" ? "sha256" : "sha512"] = toBase64(octets)
    }
    return hashes
  })
