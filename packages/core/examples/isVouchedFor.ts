import { defaultPolicy, Verifier } from "@posh/core"
import { HttpsFetcher } from "@posh/core/node"
import { Effect, Layer } from "effect"

/** Does the domain vouch for the certificate (PEM) that its chat server presented? */
export const isVouchedFor = Effect.fn("isVouchedFor")(function*(domain: string, certificate: string) {
  const { prepare, verify } = yield* Verifier
  const inquiry = yield* Effect.fromResult(prepare({ domain, service: "xmpp-server", certificate }))
  const { code, message, valid } = yield* verify(inquiry)
  return { valid, code, message }
})

/** Asks over HTTPS, and caches in memory. */
export const layer = Verifier.layer(defaultPolicy).pipe(
  Layer.provide(HttpsFetcher.layer({ userAgent: "example/1.0 (+mailto:operator@example.net)" }))
)
