/**
 * The networks of proxies whose word about their clients counts.
 */
import { Context } from "effect"
import type { IpNetwork } from "effect/net"

export const TrustedProxies = Context.Reference<ReadonlyArray<IpNetwork.IpNetwork>>("posh/server/http/TrustedProxies", {
  defaultValue: () => []
})
