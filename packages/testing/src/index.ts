/** Fakes of the outside world: a small CA, HTTPS origins, a DNS server, a real validating resolver, real Redis servers, test vectors. */
export { Behave } from "./Behaviour.ts"
export type {
  Behaviour,
  Endless,
  GzipBomb,
  HeaderOptions,
  Raw,
  Response,
  ResponseOptions,
  Sequence
} from "./Behaviour.ts"
export { daysFromNow, issue, rootCa, selfSigned } from "./Certificates.ts"
export type { Certificate, CertificateOptions, KeyKind, KeyPair, KeyUsageName, SignatureHash } from "./Certificates.ts"
export { countingListener, unresponsiveListener } from "./connections.ts"
export type { CountingListener } from "./connections.ts"
export { makeDns } from "./Dns.ts"
export type { Dns, DnsAnswer, DnsOptions, DnsQuery } from "./Dns.ts"
export { makeQueryCounter } from "./dnssec/countQueries.ts"
export type { QueryCounter } from "./dnssec/countQueries.ts"
export { makeUnbound } from "./dnssec/Unbound.ts"
export type { Unbound, UnboundOptions } from "./dnssec/Unbound.ts"
export { DNSSEC_NEGATIVE_TTL, DNSSEC_TTL } from "./dnssec/zones.ts"
export type { DnssecZone } from "./dnssec/zones.ts"
export { commandsOf, isDocumented } from "./documented/commands.ts"
export type { Command } from "./documented/commands.ts"
export {
  base64,
  fingerprintsDocument,
  hashBase64,
  jwkSetDocument,
  referenceDocument,
  sha256Base64
} from "./documents.ts"
export type { FingerprintsDocument, HashName, JwkSetDocument, ReferenceDocument } from "./documents.ts"
export { issuerAccess, UNKNOWN_EXTENSION } from "./extensions.ts"
export {
  basicConstraints,
  commonName,
  distinguishedName,
  extensionOids,
  forge,
  forgedExtension,
  forgeKeys,
  generalName,
  nameConstraints
} from "./forge.ts"
export type { Forged, ForgedExtension, ForgedKeys, ForgeOptions } from "./forge.ts"
export { makeOrigins } from "./Origins.ts"
export type { HostOptions, Origins, RequestRecord } from "./Origins.ts"
export { makePlainOrigin } from "./PlainOrigin.ts"
export type { PlainOrigin, PlainPage } from "./PlainOrigin.ts"
export { makeRedisCluster } from "./redis/Cluster.ts"
export type { ClusterOptions, RedisCluster } from "./redis/Cluster.ts"
export { makeNetwork } from "./redis/Network.ts"
export type { Network } from "./redis/Network.ts"
export { freePort } from "./redis/ports.ts"
export { makeRedis } from "./redis/Redis.ts"
export type { RedisOptions, RedisServer } from "./redis/Redis.ts"
export { RedisError } from "./redis/resp.ts"
export type { Argument, Reply } from "./redis/resp.ts"
export { makeSentinel } from "./redis/Sentinel.ts"
export type { RedisSentinel } from "./redis/Sentinel.ts"
export { serviceEntry } from "./serviceEntry.ts"
export type { CertificateFault, HandshakeFault, TlsBehaviour } from "./Tls.ts"
export { ensureInstalled, ensureRuns } from "./tools.ts"
export { greenhouse } from "./vectors/greenhouse.ts"
export { seedCa, seedDay, seedExample1, seedExample2, seedLeaf } from "./vectors/seed.ts"
export type { SeedExample, SeedJwk } from "./vectors/seed.ts"
