/**
 * Where to connect for a target.
 */
import { Effect } from "effect"
import { observePhase, type ResolutionObserverShape } from "../cache/ResolutionObserver.ts"
import type { HttpsTarget } from "../fetch/Fetcher.ts"
import { lookUp } from "./Addresses.ts"
import { vetAddresses } from "./AddressPolicy.ts"
import { overrideOf } from "./ConnectTo.ts"
import type { Endpoint, ProxiedEndpoint } from "./Dial.ts"
import type { EgressError } from "./EgressError.ts"
import type { EgressOptions } from "./EgressOptions.ts"

export interface EndpointOptions extends Pick<EgressOptions, "allowNetworks" | "connectTo" | "dnsServers" | "proxy"> {
  readonly observer: Pick<ResolutionObserverShape, "passed">
}

/** The operator's override, else the operator's proxy, else DNS under the address policy. */
export const findEndpoint = (
  { allowNetworks = [], connectTo = [], dnsServers, observer, proxy }: EndpointOptions,
  target: Pick<HttpsTarget, "host" | "port">,
  limitMs: number
): Effect.Effect<Endpoint | ProxiedEndpoint, EgressError> => {
  const override = overrideOf(connectTo, target)
  if (override !== undefined) return Effect.succeed({ addresses: [override.address], port: override.port })
  if (proxy !== undefined) return Effect.succeed({ proxy, port: target.port })
  return lookUp(target.host, dnsServers, limitMs).pipe(
    observePhase("dns", observer),
    Effect.flatMap((addresses) => Effect.fromResult(vetAddresses(addresses, allowNetworks))),
    Effect.map((addresses) => ({ addresses, port: target.port })),
    Effect.withSpan("Fetcher.find", { attributes: { "server.address": target.host } })
  )
}
