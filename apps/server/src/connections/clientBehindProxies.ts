/**
 * The client of a request that proxies have relayed, or may have.
 */
import type { IpNetwork } from "effect/net"
import type { Socket } from "node:net"
import {
  type ClientAddress,
  clientAddress,
  type ForwardedFields,
  isLoopback
} from "../access/forwarded/clientAddress.ts"
import { clientOf, connectionOf } from "./Connection.ts"

/** `trusted`: networks of proxies whose fields, and whose PROXY protocol, name the client. */
export const clientBehindProxies = (
  socket: Socket,
  fields: ForwardedFields,
  trusted: ReadonlyArray<IpNetwork.IpNetwork>
): ClientAddress => {
  const client = clientAddress(clientOf(socket), fields, trusted)
  return client.isRelayed || connectionOf(socket).source === undefined || isLoopback(client.address)
    ? client
    : { ...client, isRelayed: true }
}
