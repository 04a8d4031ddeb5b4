/**
 * Settings and files that weaken the service although it works. Pure.
 */
import { IpNetwork, NetAddress } from "effect/net"
import { datesFault, type OwnCertificate } from "../process/ownCertificates.ts"
import { isLoopback } from "./Config.ts"
import type { Settings } from "./variables.ts"

/** Labels of `posh_weakened`; a closed set. */
export const weaknessNames = [
  "auth-none",
  "no-keys",
  "keys-plain",
  "readable-file",
  "certificate-dates",
  "redis-plain",
  "redis-unsealed",
  "collector-plain",
  "allowed-networks",
  "draft-examples",
  "chain-sha1",
  "match-spki"
] as const

export type WeaknessName = typeof weaknessNames[number]

export interface Weakness {
  readonly by: WeaknessName
  /** One line that names the variable. */
  readonly text: string
}

/** What the files of the settings hold. */
export interface StartFacts {
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Keys of all sources; `undefined` if none are configured. */
  readonly keys: number | undefined
  readonly files: ReadonlyArray<FileMode>
  readonly certificates: ReadonlyArray<OwnCertificate>
}

/** A file that only the service should be able to read. */
export interface FileMode {
  /** The variable. */
  readonly name: string
  readonly path: string
  readonly mode: number
}

/** Every weakness, in a fixed order. */
export const weaknessesOf = (settings: Settings, facts: StartFacts): ReadonlyArray<Weakness> => [
  ...accessWeaknesses(settings, facts),
  ...facts.files.filter(({ mode }) => (mode & othersMay) !== 0).map(({ mode, name, path }) =>
    weakness(
      "readable-file",
      `${name}: other users may ${(mode & othersWrite) === 0 ? "read" : "write"} ${path} (mode ${
        toOctal(mode)
      }); chmod 600 it`
    )
  ),
  ...facts.certificates.flatMap((own) => {
    const fault = datesFault(own, facts.now)
    return fault === undefined ? [] : [weakness("certificate-dates", `${own.file}: ${fault}`)]
  }),
  ...redisWeaknesses(settings),
  ...collectorWeaknesses(settings),
  ...protocolWeaknesses(settings)
]

const accessWeaknesses = (
  { auth, host, tlsCertFile, tlsClientCaFile }: Settings,
  { keys }: StartFacts
): ReadonlyArray<Weakness> => {
  if (isLoopback(host)) return []
  if (auth === "none") {
    return [weakness("auth-none", `POSH_AUTH: none lets everybody who reaches ${host} ask, refresh and purge`)]
  }
  return [
    ...(keys === 0 && tlsClientCaFile === undefined
      ? [weakness("no-keys", "POSH_API_KEYS_FILE: there are no keys, so nobody may ask")]
      : []),
    ...(keys !== undefined && tlsCertFile === undefined
      ? [weakness(
        "keys-plain",
        `POSH_HOST: keys cross the network of ${host} in the clear; set POSH_TLS_CERT_FILE, or let a proxy on this machine speak TLS`
      )]
      : [])
  ]
}

const redisWeaknesses = ({ cacheSecret, redisUrl }: Settings): ReadonlyArray<Weakness> => {
  if (redisUrl === undefined) return []
  const far = redisUrl.addresses.filter(({ host }) => !isLoopback(host)).map(({ host }) => host)
  return [
    ...(cacheSecret === undefined
      ? [weakness("redis-unsealed", "POSH_CACHE_SECRET: is not set, so whoever can write to Redis can forge answers")]
      : []),
    ...(far.length > 0 && !redisUrl.tls
      ? [weakness(
        "redis-plain",
        `POSH_REDIS_URL: passwords and entries cross the network to ${far.join(", ")} in the clear; use rediss://`
      )]
      : [])
  ]
}

const collectorWeaknesses = (settings: Settings): ReadonlyArray<Weakness> => {
  const { otlpHeaders } = settings
  const otlpEndpoint = settings.otlpTracesEndpoint ?? settings.otlpEndpoint
  return otlpHeaders !== undefined && otlpEndpoint?.protocol === "http:" &&
      !isLoopback(otlpEndpoint.hostname.replace(/^\[(.*)\]$/, "$1"))
    ? [weakness(
      "collector-plain",
      `OTEL_EXPORTER_OTLP_HEADERS: cross the network to ${otlpEndpoint.hostname} in the clear; use https://`
    )]
    : []
}

const protocolWeaknesses = (
  { allowNetworks, chainSha1, match, trustDraftExamples }: Settings
): ReadonlyArray<Weakness> => {
  const inner = allowNetworks.filter((network) => ownAddresses.some((address) => IpNetwork.contains(network, address)))
  return [
    ...(inner.length > 0
      ? [weakness(
        "allowed-networks",
        `POSH_ALLOW_NETWORKS: ${
          inner.map(IpNetwork.format).join(", ")
        } lets every domain on the Internet make the service ` +
          "connect to this machine, or to the metadata service of its cloud"
      )]
      : []),
    ...(trustDraftExamples
      ? [weakness("draft-examples", "POSH_TRUST_DRAFT_EXAMPLES: accepts certificates whose private keys are public")]
      : []),
    ...(chainSha1 ? [weakness("chain-sha1", "POSH_CHAIN_SHA1: accepts signatures that can be forged")] : []),
    ...(match === "spki"
      ? [weakness("match-spki", "POSH_MATCH: spki accepts certificates that their domain does not publish")]
      : [])
  ]
}

const weakness = (by: WeaknessName, text: string): Weakness => ({ by, text })

/** Group may read, as with Debian's `ssl-cert` and the `fsGroup` of Kubernetes; others may nothing. */
const othersWrite = 0o022
const othersMay = 0o007 | othersWrite

const toOctal = (mode: number): string => (mode & 0o777).toString(8).padStart(4, "0")

/** Of this machine, and of the metadata services of clouds. */
const ownAddresses = ["127.0.0.1", "::1", "169.254.169.254", "fd00:ec2::254"].map((text) =>
  NetAddress.ipFromStringUnsafe(text)
)
