import type { PromiseClient } from "@posh/api/client"

/** Does the domain vouch for this certificate (PEM or DER)? Everything but `valid: true` is a no. */
export const isVouchedFor = async (client: PromiseClient, domain: string, certificate: string | Uint8Array) => {
  const result = await client.verify({ domain, service: "xmpp-server", certificate })
  if (result.kind === "failure") return { valid: false, reason: result.code } // there is no answer
  return { valid: result.answer.valid, reason: result.answer.code }
}
