/** Look-ups for tests of what is remembered. */
import type { EndpointLookup, ServiceLookup } from "../../../src/proof/dane/DaneLookup.ts"
import { type CacheKey, makeTlsaKey } from "../../../src/question/StoreKey.ts"
import { domain, server } from "./world.ts"

export const keyOf = (name: string): CacheKey => makeTlsaKey(domain(`${name}.example`), server.key)

export const records = (ttl = 300, count = 1, octets = 32): EndpointLookup => ({
  target: "xmpp.host.example",
  port: 5_269,
  ttl,
  kind: "records",
  base: domain("xmpp.host.example"),
  records: Array.from({ length: count }, (_, index) => ({
    usage: 3,
    selector: 1,
    matching: 1,
    data: new Uint8Array(octets).fill(index % 256)
  }))
})

export const untrusted = {
  kind: "untrusted",
  step: "tlsa",
  status: "bogus",
  detail: "a signature has expired (EDE 7)"
} as const

export const found = (resolvedAt: number, ...endpoints: ReadonlyArray<EndpointLookup>): ServiceLookup => ({
  resolvedAt,
  ttl: 300,
  kind: "endpoints",
  endpoints: endpoints.length === 0 ? [records()] : endpoints,
  leftOut: 0
})

export const absent = (resolvedAt: number, ttl = 120): ServiceLookup => ({
  resolvedAt,
  ttl,
  kind: "not-applicable",
  reason: "SrvAbsent"
})

export const bogus = (resolvedAt: number): ServiceLookup => ({ resolvedAt, ttl: 0, ...untrusted })
