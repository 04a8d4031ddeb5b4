import { type ClientError, makeVerifyClient } from "@posh/api/client/effect"
import { Effect } from "effect"

/** The same as an effect: the error channel has what is no answer. */
export const isVouchedFor = (
  endpoint: string,
  domain: string,
  certificate: string
): Effect.Effect<boolean, ClientError> =>
  Effect.gen(function*() {
    const client = yield* makeVerifyClient({ endpoints: [endpoint] })
    const { valid } = yield* client.verify({ domain, service: "xmpp-server", certificate })
    return valid
  })
