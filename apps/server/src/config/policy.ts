/**
 * Settings → the policy and the egress options of the core. Pure, except that it reads one file and the size of the
 * heap.
 */
import { defaultPolicy, type Policy, type TrustAnchors } from "@posh/core"
import type { EgressConfigError, EgressOptions } from "@posh/core/node"
import { Effect } from "effect"
import { getHeapStatistics } from "node:v8"
import { largestPemFile } from "../process/certificates.ts"
import { readText } from "../process/files.ts"
import { memoryBounds } from "../service/limits/bounds.ts"
import { ConfigError } from "./Config.ts"
import { budgetsOfOne } from "./perWorker.ts"
import { type Settings, variables } from "./variables.ts"

/** The operator's policy of resolution and matching. */
export const toPolicy = (settings: Settings, anchors?: TrustAnchors): Policy => ({
  ...defaultPolicy,
  prooftypes: inOrder(settings.prooftypes),
  poshAuthoritative: settings.authoritative,
  ...(anchors === undefined ? {} : { anchors }),
  services: settings.services,
  allowSpecialUse: settings.allowSpecialUseDomains,
  generations: settings.generations,
  delegation: { mode: settings.delegation, hosts: settings.delegationHosts, ports: settings.allowedPorts },
  maxLifetimeMs: settings.maxLifetime,
  draftRevalidateMs: settings.draftRevalidate,
  draftGraceMs: settings.draftGrace,
  strictMediaTypes: settings.strictMediaTypes,
  acceptInterim: settings.acceptInterim,
  trustDraftExamples: settings.trustDraftExamples,
  leafProfile: settings.leafProfile,
  match: settings.match,
  chainSha1: settings.chainSha1,
  clockSkewMs: settings.clockSkew,
  budgets: budgetsOfOne(settings.workers),
  cacheEntries: settings.cacheEntries,
  cacheOctets: Math.floor(getHeapStatistics().heap_size_limit * memoryBounds.cacheShareOfHeap)
})

// As a question has them (POSH-PRF-43); POSH alone is told apart by identity.
const inOrder = (prooftypes: Settings["prooftypes"]): Policy["prooftypes"] =>
  prooftypes.includes("pkix") ? [...new Set(["pkix" as const, ...prooftypes])] : defaultPolicy.prooftypes

/** Reads the file of extra roots; the trust store checks its certificates. */
export const toEgressOptions = (settings: Settings): Effect.Effect<EgressOptions, ConfigError> =>
  Effect.map(givenExtraCa(settings.extraCaFile), (extraCa) => ({
    userAgent: settings.userAgent,
    connectTo: settings.connectTo,
    allowNetworks: settings.allowNetworks,
    ...(extraCa === undefined ? {} : { extraCa }),
    ...(settings.dnsServers.length === 0 ? {} : { dnsServers: settings.dnsServers }),
    ...(settings.egressProxy === undefined ? {} : { proxy: settings.egressProxy })
  }))

/** Names the variable of an option that the egress client refused. */
export const egressFault = ({ detail, option }: EgressConfigError): ConfigError =>
  new ConfigError({ faults: [`${egressVariables[option].name}: ${detail}`] })

const egressVariables = {
  userAgent: variables.userAgent,
  extraCa: variables.extraCaFile,
  connectTo: variables.connectTo,
  allowNetworks: variables.allowNetworks,
  dnsServers: variables.dnsServers,
  proxy: variables.egressProxy
} as const satisfies Record<keyof EgressOptions, { readonly name: string }>

const givenExtraCa = (path: string | undefined): Effect.Effect<string | undefined, ConfigError> =>
  path === undefined ? Effect.succeed(undefined) : readExtraCa(path)

/** The file of extra roots, as text. */
export const readExtraCa = (path: string): Effect.Effect<string, ConfigError> =>
  Effect.mapError(
    readText(path, largestPemFile),
    (fault) => new ConfigError({ faults: [`${variables.extraCaFile.name}: ${fault}`] })
  )
