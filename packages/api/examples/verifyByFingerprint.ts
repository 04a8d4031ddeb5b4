import { makeClient } from "@posh/api"
import { Effect } from "effect"
import { FetchHttpClient } from "effect/http"

/** Asks the service about a certificate by its SHA-256 (base64 or hex). */
export const verifyByFingerprint = (service: string, domain: string, sha256: string) =>
  Effect.gen(function*() {
    const client = yield* makeClient(service)
    const { code, valid } = yield* client.verification.verify({
      payload: { domain, service: "xmpp-server", fingerprint: { "sha-256": sha256 } }
    })
    return { valid, code }
  }).pipe(Effect.provide(FetchHttpClient.layer))
