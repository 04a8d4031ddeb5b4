import type { PromiseClient } from "@posh/api/client"
import { secureConnect } from "@posh/api/client/node"

/** Direct TLS to a server of the domain, at the host and port that its SRV record names. */
export const openStream = async (client: PromiseClient, domain: string, host: string, port: number) => {
  const { answer, socket } = await secureConnect(
    { host, port, ALPNProtocols: ["xmpp-server"] },
    { client, domain, service: "xmpp-server" }
  )
  return { socket, verifyAgainAt: answer?.validUntil }
}
