/**
 * The operator's options for outgoing requests.
 */
import type { IpNetwork } from "effect/net"
import type { ConnectTo } from "./ConnectTo.ts"
import type { Pins } from "./Pins.ts"
import type { Proxy } from "./Proxy.ts"

export interface EgressOptions {
  /**
   * Value of `User-Agent`: printable ASCII (`POSH_USER_AGENT`). No default. It should name a contact address for owners
   * of origins.
   */
  readonly userAgent: string
  /**
   * PEM certificates that are trusted roots besides those built into Node.js, for documents only
   * (`POSH_EXTRA_CA_FILE`, POSH-SEC-22). Default: none. The holder of a root's key can vouch for any domain.
   */
  readonly extraCa?: string
  /**
   * Hosts that must show a certificate to which a pinned key leads, at every hop and besides all other checks
   * (`POSH_PINS_FILE`, POSH-RES-37). Default: none. A host that changes its keys beyond its pins ends as `PinMismatch`.
   */
  readonly pins?: Pins
  /**
   * Overrides of DNS (`POSH_CONNECT_TO`): the first match wins. Default: empty. Their addresses are exempt from the
   * address policy. Name, SNI and certificate check remain those of the host.
   */
  readonly connectTo?: ConnectTo
  /**
   * Networks that are exempt from the address policy (`POSH_ALLOW_NETWORKS`). Default: empty. Any domain on the
   * Internet can then make this process connect into these networks.
   */
  readonly allowNetworks?: ReadonlyArray<IpNetwork.IpNetwork>
  /**
   * Name servers, as `address`, `address:port` or `[address]:port`. Default: those of the system's `resolv.conf`.
   */
  readonly dnsServers?: ReadonlyArray<string>
  /**
   * HTTP proxy (CONNECT) for every host that `connectTo` does not name (`POSH_EGRESS_PROXY`, POSH-SEC-11). Default:
   * none; `HTTPS_PROXY` and similar variables are ignored. The proxy resolves names, and must itself refuse addresses
   * that are not public: the address policy, `allowNetworks` and `dnsServers` have no effect.
   */
  readonly proxy?: Proxy
}
