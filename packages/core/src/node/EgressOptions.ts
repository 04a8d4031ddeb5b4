/**
 * What an operator may decide about outgoing requests.
 */
import type { IpNetwork } from "effect/net"
import type { ConnectTo } from "./ConnectTo.ts"
import type { Proxy } from "./Proxy.ts"

export interface EgressOptions {
  /**
   * Sent as `User-Agent`: printable ASCII. Name a contact address in it, so that the owner of an origin knows whom to
   * ask (`POSH_USER_AGENT`). No default.
   */
  readonly userAgent: string
  /**
   * PEM certificates that are trusted roots besides those built into Node.js, for documents only
   * (`POSH_EXTRA_CA_FILE`, POSH-SEC-22). Default: none. Whoever holds the key of one of them can vouch for any domain.
   */
  readonly extraCa?: string
  /**
   * Where to connect instead of what DNS says (`POSH_CONNECT_TO`), first match wins. Default: empty. Such addresses
   * are exempt from the address policy; name, SNI and certificate check stay those of the host.
   */
  readonly connectTo?: ConnectTo
  /**
   * Networks that are exempt from the address policy (`POSH_ALLOW_NETWORKS`). Default: empty. Every domain on the
   * Internet can then make this process connect into these networks.
   */
  readonly allowNetworks?: ReadonlyArray<IpNetwork.IpNetwork>
  /**
   * Name servers, as `address`, `address:port` or `[address]:port`. Default: those of the system's `resolv.conf`.
   */
  readonly dnsServers?: ReadonlyArray<string>
  /**
   * HTTP proxy through whose tunnels every host is reached that `connectTo` does not name (`POSH_EGRESS_PROXY`,
   * POSH-SEC-11). Default: none; `HTTPS_PROXY` and its like are ignored. The proxy then looks names up and must itself
   * refuse addresses that are not public: the address policy, `allowNetworks` and `dnsServers` have no effect.
   */
  readonly proxy?: Proxy
}
