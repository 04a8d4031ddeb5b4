/**
 * The networks of proxies whose word about their clients counts.
 */
import { Context } from "effect"
import type { IpNetwork } from "effect/net"

export type TrustedNetworks = ReadonlyArray<IpNetwork.IpNetwork>

export const TrustedProxies = Context.Reference<TrustedNetworks>("posh/server/http/TrustedProxies", {
  defaultValue: () => []
})
