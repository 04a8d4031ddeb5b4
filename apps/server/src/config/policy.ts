/**
 * Settings → the policy and the egress options of the core. Pure, except that it reads two files and the size of the
 * heap.
 */
import { defaultPolicy, inEvaluationOrder, type Policy, type TrustAnchors } from "@posh/core"
import { type EgressConfigError, type EgressOptions, parsePins, type Pins } from "@posh/core/node"
import { Effect, Result } from "effect"
import { getHeapStatistics } from "node:v8"
import { largestPemFile } from "../process/certificates.ts"
import { readText } from "../process/files.ts"
import { memoryBounds } from "../service/limits/bounds.ts"
import { ConfigError } from "./Config.ts"
import { budgetsOfOne } from "./perWorker.ts"
import { type Settings, variables } from "./variables.ts"

/** What the proof types beside POSH rest on. */
interface Trust {
  readonly anchors?: TrustAnchors
  readonly hasResolver?: boolean
}

/** The operator's policy of resolution and matching. */
export const toPolicy = (settings: Settings, { anchors, hasResolver = false }: Trust = {}): Policy => ({
  ...defaultPolicy,
  prooftypes: inEvaluationOrder(settings.prooftypes),
  poshAuthoritative: settings.authoritative,
  fetchIntermediates: settings.pkixFetchIntermediates,
  ...(anchors === undefined ? {} : { anchors }),
  ...(hasResolver ? { daneUsages: settings.daneUsages } : {}),
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

/** Reads the files of extra roots and of pins, and fails with the faults of both; the trust store checks the certificates. */
export const toEgressOptions = (settings: Settings): Effect.Effect<EgressOptions, ConfigError> =>
  Effect.gen(function*() {
    const extraCa = yield* Effect.result(given(settings.extraCaFile, readExtraCa))
    const pins = yield* Effect.result(given(settings.pinsFile, readPins))
    if (Result.isFailure(extraCa) || Result.isFailure(pins)) {
      return yield* new ConfigError({ faults: [...faultsOf(extraCa), ...faultsOf(pins)] })
    }
    return {
      userAgent: settings.userAgent,
      connectTo: settings.connectTo,
      allowNetworks: settings.allowNetworks,
      ...(extraCa.success === undefined ? {} : { extraCa: extraCa.success }),
      ...(pins.success === undefined ? {} : { pins: pins.success }),
      ...(settings.dnsServers.length === 0 ? {} : { dnsServers: settings.dnsServers }),
      ...(settings.egressProxy === undefined ? {} : { proxy: settings.egressProxy })
    }
  })

/** Names the variable of an option that the egress client refused. */
export const egressFault = ({ detail, option }: EgressConfigError): ConfigError =>
  new ConfigError({ faults: [`${egressVariables[option].name}: ${detail}`] })

const egressVariables = {
  userAgent: variables.userAgent,
  extraCa: variables.extraCaFile,
  pins: variables.pinsFile,
  connectTo: variables.connectTo,
  allowNetworks: variables.allowNetworks,
  dnsServers: variables.dnsServers,
  proxy: variables.egressProxy
} as const satisfies Record<keyof EgressOptions, { readonly name: string }>

const faultsOf = (read: Result.Result<unknown, ConfigError>): ReadonlyArray<string> =>
  Result.isFailure(read) ? read.failure.faults : []

const given = <A>(path: string | undefined, read: (path: string) => Effect.Effect<A, ConfigError>) =>
  path === undefined ? Effect.succeed(undefined) : read(path)

/** The file of extra roots, as text. */
export const readExtraCa = (path: string): Effect.Effect<string, ConfigError> =>
  Effect.mapError(
    readText(path, largestPemFile),
    (fault) => new ConfigError({ faults: [`${variables.extraCaFile.name}: ${fault}`] })
  )

/** The file of pins. */
export const readPins = (path: string): Effect.Effect<Pins, ConfigError> =>
  readText(path, largestPinsFile).pipe(
    Effect.mapError((fault) => new ConfigError({ faults: [`${variables.pinsFile.name}: ${fault}`] })),
    Effect.flatMap((text) => Effect.fromResult(Result.mapError(parsePins(text), egressFault)))
  )

/** Octets: some ten thousand hosts. */
const largestPinsFile = 1024 * 1024
