/**
 * The resolver that validates DNSSEC (`POSH_DNSSEC_RESOLVER`).
 */
import { SecureResolver } from "@posh/core"
import { type EgressOptions, parseResolver, type ResolverEndpoint, ValidatingResolver } from "@posh/core/node"
import { Effect, Layer } from "effect"
import { ConfigError } from "./Config.ts"
import { ExtraRoots } from "./ExtraRoots.ts"
import { type Settings, variables } from "./variables.ts"

type ResolverSettings = Pick<Settings, "dnssecResolver" | "dnssecResolverTrusted" | "prooftypes">

/** Where it is; `undefined` without one. Fails if a setting needs one. */
export const readResolver = (
  { dnssecResolver, dnssecResolverTrusted: trusted, prooftypes }: ResolverSettings
): Effect.Effect<ResolverEndpoint | undefined, ConfigError> => {
  if (dnssecResolver !== undefined) {
    return Effect.mapError(
      Effect.fromResult(parseResolver(dnssecResolver, { trusted })),
      ({ detail }) => faultOf(detail)
    )
  }
  return prooftypes.includes("dane")
    ? Effect.fail(faultOf(`is needed by ${variables.prooftypes.name}=dane`))
    : Effect.succeed(undefined)
}

/** Empty without a resolver: the verifier looks whether it is there. Connects to nothing before somebody asks. */
export const layerResolver = (
  endpoint: ResolverEndpoint | undefined,
  { connectTo, dnsServers }: Pick<EgressOptions, "connectTo" | "dnsServers">
): Layer.Layer<never, never, ExtraRoots> =>
  endpoint === undefined
    ? Layer.empty
    : SecureResolver.layer.pipe(
      Layer.provide(Layer.unwrap(Effect.map(ExtraRoots, ({ current }) =>
        Layer.orDie(ValidatingResolver.layer({
          endpoint,
          extraCa: current,
          ...(connectTo === undefined ? {} : { connectTo }),
          ...(dnsServers === undefined ? {} : { dnsServers })
        })))))
    )

const faultOf = (detail: string): ConfigError =>
  new ConfigError({ faults: [`${variables.dnssecResolver.name}: ${detail}`] })
