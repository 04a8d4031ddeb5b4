/**
 * Encodes look-ups as text for shared stores. Stored text is untrusted input: it is decoded by a schema with bounds, as strict
 * as what {@link file://./lookupService.ts | the look-up} itself leaves (POSH-CAC-05).
 */
import { Option, Schema } from "effect"
import { unwrap, wrap } from "../../cache/store/codec/envelope.ts"
import { between, Instant, list, octets, text } from "../../cache/store/codec/values.ts"
import { toBase64 } from "../../encoding/base64.ts"
import { daneLimits, messageCharacters, quotedCharacters } from "../../Limits.ts"
import { isCanonicalDomain } from "../../question/Domain.ts"
import type { CacheKey } from "../../question/StoreKey.ts"
import type { EndpointLookup, EndpointReason, LookupStep, ServiceLookup, UntrustedStatus } from "./DaneLookup.ts"
import type { TlsaRecord } from "./Tlsa.ts"

/** JSON text. Takes the key too, because a look-up does not contain it. */
export const encodeLookup = (lookup: ServiceLookup, { domain, service }: CacheKey): string =>
  wrap({
    domain,
    service,
    source,
    lookup: lookup.kind === "endpoints" ? { ...lookup, endpoints: lookup.endpoints.map(writeEndpoint) } : lookup
  })

/** `undefined` for anything but a look-up of this key. WHETHER IT HAS ENDED IS NOT CHECKED. */
export const decodeLookup = (stored: string, { domain, service }: CacheKey): ServiceLookup | undefined => {
  const body = unwrap(stored)
  const entry = body === undefined ? undefined : Option.getOrUndefined(decodeStored(body))
  if (entry === undefined || entry.domain !== domain || entry.service !== service) return undefined
  const { lookup } = entry
  if (lookup.kind !== "endpoints") return lookup
  const endpoints = lookup.endpoints.flatMap((endpoint) => readEndpoint(endpoint) ?? [])
  return endpoints.length === lookup.endpoints.length ? { ...lookup, endpoints } : undefined
}

/** In the text: an entry of another source stands under no key of ours. */
const source = "tlsa"

/** Octets of a packed record without its data. */
const recordHead = 5

const Ttl = between(0, daneLimits.ttl)

const untrusted = {
  kind: Schema.Literal("untrusted"),
  step: Schema.Literals(["srv", "address", "tlsa"] as const satisfies ReadonlyArray<LookupStep>),
  status: Schema.Literals(["bogus", "indeterminate"] as const satisfies ReadonlyArray<UntrustedStatus>),
  detail: text(messageCharacters + 1)
} as const
const notApplicable = <const R extends ReadonlyArray<string>>(...reasons: R) => ({
  kind: Schema.Literal("not-applicable"),
  reason: Schema.Literals(reasons)
})

// `quote` adds an ellipsis where it cuts.
const place = { target: text(quotedCharacters + 1), port: between(0, 65_535), ttl: Ttl } as const
const endpointReasons = [
  "InvalidTarget",
  "AddressAbsent",
  "AddressInsecure",
  "TlsaAbsent",
  "TlsaInsecure"
] as const satisfies ReadonlyArray<EndpointReason>

const Endpoint = Schema.Union([
  Schema.Struct({ ...place, ...untrusted }),
  Schema.Struct({ ...place, ...notApplicable(...endpointReasons) }),
  Schema.Struct({
    ...place,
    kind: Schema.Literal("records"),
    base: text(253),
    // As in `packRecords`, which takes less room than the answer that they came in.
    records: octets(recordHead, daneLimits.answerOctets)
  })
])

const times = { resolvedAt: Instant, ttl: Ttl } as const

const Stored = Schema.Struct({
  domain: text(253),
  service: text(64),
  source: Schema.Literal(source),
  lookup: Schema.Union([
    Schema.Struct({ ...times, ...untrusted }),
    Schema.Struct({ ...times, ...notApplicable("SrvAbsent", "SrvInsecure", "NotOffered") }),
    Schema.Struct({
      ...times,
      kind: Schema.Literal("endpoints"),
      endpoints: list(Endpoint, 1, daneLimits.targets),
      leftOut: between(0, daneLimits.answerOctets)
    })
  ])
})

// Unknown members are refused: they may change the meaning of the known ones.
const decodeStored = Schema.decodeUnknownOption(Schema.fromJsonString(Stored), { onExcessProperty: "error" })

const writeEndpoint = (endpoint: EndpointLookup) =>
  endpoint.kind === "records" ? { ...endpoint, records: toBase64(packRecords(endpoint.records)) } : endpoint

const readEndpoint = (endpoint: typeof Endpoint.Type): EndpointLookup | undefined => {
  if (endpoint.kind !== "records") return endpoint
  const records = unpackRecords(endpoint.records)
  // Only the syntax: the policy is applied where a target is looked up.
  return records === undefined || !isCanonicalDomain(endpoint.base, { allowSpecialUse: true })
    ? undefined
    : { ...endpoint, base: endpoint.base, records }
}

/**
 * One text for all of them, because a stranger decides how many there are, and decoding each by a schema takes tens of
 * milliseconds (measured). Each has its three numbers, two octets of its length, and its data.
 */
const packRecords = (records: ReadonlyArray<TlsaRecord>): Uint8Array =>
  Buffer.concat(records.flatMap(({ data, matching, selector, usage }) => [
    Uint8Array.of(usage, selector, matching, data.length >> 8, data.length & 0xff),
    data
  ]))

const unpackRecords = (packed: Uint8Array): ReadonlyArray<TlsaRecord> | undefined => {
  const records: Array<TlsaRecord> = []
  for (let at = 0; at < packed.length;) {
    const [usage, selector, matching, high, low] = packed.subarray(at, at + recordHead)
    if (usage === undefined || selector === undefined || matching === undefined) return undefined
    if (high === undefined || low === undefined) return undefined
    const from = at + recordHead
    at = from + high * 256 + low
    if (at > packed.length) return undefined
    records.push({ usage, selector, matching, data: packed.slice(from, at) })
  }
  return records
}
