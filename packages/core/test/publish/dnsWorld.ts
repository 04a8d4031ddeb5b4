/** What tests of findings about DNS have in common: a zone as it should be, and what is found where a part differs. */
import type { Answer, SrvData } from "dns-packet"
import { Effect, Layer } from "effect"
import type { Material } from "../../src/association/Material.ts"
import { observeService } from "../../src/proof/dane/DnsFacts.ts"
import { SecureResolver } from "../../src/proof/dane/SecureResolver.ts"
import { defaultUsages, type TlsaRecord, type TlsaUsage } from "../../src/proof/dane/Tlsa.ts"
import { lintDns } from "../../src/publish/lint/dns.ts"
import { toTlsaReport } from "../../src/verdict/TlsaReport.ts"
import { type FakeAnswer, fakeTransport } from "../proof/dane/fakeTransport.ts"
import { domain, server } from "../proof/dane/world.ts"

export const owner = "_xmpp-server._tcp.im.example"
export const host = "xmpp.host.example"
export const tlsaOwner = `_5269._tcp.${host}`
export const srv = (target: string, more: Partial<SrvData> = {}, ttl = 300): Answer => ({
  type: "SRV",
  name: owner,
  ttl,
  data: { priority: 10, weight: 0, port: 5_269, target, ...more }
})
export const address = (name: string): Answer => ({ type: "A", name, ttl: 300, data: "192.0.2.1" })
export const record = ({ data, matching, selector, usage }: TlsaRecord, name = tlsaOwner): Answer => ({
  type: "TLSA",
  name,
  ttl: 300,
  data: { usage, selector, matchingType: matching, certificate: Buffer.from(data) }
})
export const digest = (parameters: string, octet = 1, octets = 32): TlsaRecord => {
  const [usage = 0, selector = 0, matching = 0] = parameters.split(" ").map(Number)
  return { usage, selector, matching, data: new Uint8Array(octets).fill(octet) }
}
export const records = (...given: ReadonlyArray<TlsaRecord>): FakeAnswer => ({
  answers: given.map((one) => record(one))
})
/** `expiration` in seconds since the epoch, where the clock of the tests begins. */
export const signature = (name: string, expiration: number): Answer => ({
  type: "RRSIG",
  name,
  ttl: 300,
  data: {
    typeCovered: "TLSA",
    algorithm: 13,
    labels: 3,
    originalTTL: 300,
    expiration,
    inception: 0,
    keyTag: 1,
    signersName: "example",
    signature: Buffer.alloc(64)
  }
})

export type Table = Readonly<Record<string, FakeAnswer>>

/** Nothing is wrong with it. */
export const good: Table = {
  [`${owner} SRV`]: { answers: [srv(host)] },
  [`${host} A`]: { answers: [address(host)] },
  [`${tlsaOwner} TLSA`]: records(digest("3 1 1"))
}

export const find = (dns: Table, usages: ReadonlySet<TlsaUsage> = defaultUsages, material?: Material) =>
  observeService({
    domain: domain("im.example"),
    service: server,
    domainPolicy: { allowSpecialUse: true },
    deadline: { ms: 5_000 }
  }).pipe(
    Effect.provide(SecureResolver.layer.pipe(Layer.provide(fakeTransport({ ...good, ...dns })))),
    Effect.map(({ facts, lookup }) =>
      lintDns({
        dns: facts,
        tlsa: toTlsaReport(lookup, usages, 0),
        ...(material === undefined ? {} : { association: { material } })
      })
    )
  )

export const brief = (findings: Effect.Success<ReturnType<typeof find>>) =>
  findings.map(({ code, path = "", severity }) => `${severity} ${code} ${path}`)
