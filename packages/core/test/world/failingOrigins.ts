/**
 * One origin for each way in which resolution can fail, named after it, and the code that answers it.
 */
import {
  Behave,
  type Behaviour,
  type Certificate,
  fingerprintsDocument,
  type HostOptions,
  jwkSetDocument,
  referenceDocument,
  type TlsBehaviour
} from "@posh/testing"
import type { FailureCode } from "../../src/codes.ts"
import { draftPath, rfcPath } from "./world.ts"

/** An origin that fails in one way, and the code that says so. */
export interface FailingOrigin {
  readonly domain: string
  readonly code: FailureCode
  readonly host: HostOptions
}

const origin = (code: FailureCode, name: string, host: HostOptions): FailingOrigin => ({
  domain: `${name}.example`,
  code,
  host
})
const tls = (code: FailureCode, name: string, _tag: TlsBehaviour["_tag"]) => origin(code, name, { tls: { _tag } })
const rfc = (code: FailureCode, name: string, behaviour: Behaviour, routes: Record<string, Behaviour> = {}) =>
  origin(code, name, { routes: { [rfcPath]: behaviour, ...routes } })
const draft = (code: FailureCode, name: string, behaviour: Behaviour, routes: Record<string, Behaviour> = {}) =>
  origin(code, name, { routes: { [draftPath]: behaviour, ...routes } })
const rfcText = (code: FailureCode, name: string, text: string) => rfc(code, name, Behave.text(text))

/** `server` is the certificate in question; `expired` one whose time is over. */
export const failingOrigins = (server: Certificate, expired: Certificate): ReadonlyArray<FailingOrigin> => {
  const good = fingerprintsDocument([server], { expires: 3_600 })
  const jwks = jwkSetDocument([server])
  const { x5c: _, ...withoutChain } = jwks.keys[0] ?? { x5c: [] }
  return [
    // Connecting (requirements §2.4)
    tls("ConnectionRefused", "refused", "RefusedPort"),
    tls("ConnectionReset", "reset-in-handshake", "ResetInHandshake"),
    rfc("ConnectionReset", "reset-after-request", Behave.resetAfterRequest),
    rfc("ConnectionReset", "closed-after-request", Behave.closeAfterRequest),
    tls("ConnectTimeout", "hang-in-handshake", "HangInHandshake"),
    origin("NetworkUnreachable", "unreachable", {}),
    tls("TlsHandshakeFailed", "no-shared-cipher", "NoSharedCipher"),
    tls("TlsHandshakeFailed", "plain-http", "PlainHttp"), // POSH-RES-30: no fallback
    tls("TlsProtocolTooOld", "tls-1-1", "TooOld"),
    tls("TlsCertificateUntrusted", "self-signed", "SelfSigned"),
    tls("TlsCertificateUntrusted", "untrusted-root", "UntrustedRoot"),
    tls("TlsCertificateUntrusted", "missing-intermediate", "MissingIntermediate"),
    tls("TlsCertificateExpired", "tls-expired", "Expired"),
    tls("TlsCertificateExpired", "tls-not-yet-valid", "NotYetValid"),
    tls("TlsHostnameMismatch", "wrong-name", "WrongName"), // POSH-SEC-04: wherever DNS leads
    tls("TlsHostnameMismatch", "no-san", "NoSan"),
    tls("TlsHostnameMismatch", "partial-wildcard", "PartialWildcard"),

    // The response (§2.5)
    rfc("HttpProtocolError", "garbage", Behave.garbage),
    rfc("HttpProtocolError", "switching-protocols", Behave.switching101),
    rfc("HttpProtocolError", "endless-headers", Behave.endlessHeaders),
    rfc("ResponseTimeout", "silent", Behave.hang),
    rfc("ResponseTimeout", "slow-headers", Behave.slowHeaders(4_000)),
    rfc("ResponseTimeout", "slow-body", Behave.slowBody({ chunk: 1, everyMs: 300, total: 60 })),
    rfc("AccessDenied", "forbidden", Behave.status(403)),
    rfc("ClientErrorStatus", "bad-request", Behave.status(400)),
    rfc("RateLimited", "too-many", Behave.retryAfter(429, 120)),
    rfc("ServerError", "broken", Behave.status(500)),
    rfc("BodyTruncated", "truncated", Behave.truncated({ declared: 400, sent: 40 })),
    rfc("BodyTruncated", "truncated-chunks", Behave.truncatedChunked),
    rfc("BodyTruncated", "gzip-corrupt", Behave.gzipCorrupt),
    rfc("BodyTruncated", "gzip-cut-off", Behave.gzipTruncated),
    origin("NotPublished", "nothing", {}),
    draft("NotPublished", "draft-forbidden", Behave.status(403)),
    rfc("UnexpectedStatus", "no-content", Behave.status(204)),
    rfc("UnsupportedContentEncoding", "brotli", Behave.encoding("br", JSON.stringify(good))),
    rfc("UnsupportedMediaType", "html", Behave.text("<html>", { headers: { "content-type": "text/html" } })),
    rfc("BodyTooLarge", "oversize", Behave.text(" ".repeat(64 * 1024 + 1))),
    rfc("BodyTooLarge", "endless-body", Behave.endlessBody),
    rfc("BodyTooLarge", "gzip-bomb", Behave.gzipBomb(1 << 28)),
    draft("BodyTooLarge", "oversize-draft", Behave.text(" ".repeat(256 * 1024 + 1))),

    // Delegation (§2.6–2.7)
    rfc("RedirectUnsupportedStatus", "multiple-choices", Behave.redirect("https://hosting.example/", 300)),
    rfc("RedirectMissingLocation", "nowhere", Behave.status(302)),
    rfc("RedirectInvalidLocation", "broken-location", Behave.redirect("https:/x")),
    rfc(
      "RedirectInvalidLocation",
      "two-locations",
      Behave.headersRaw(
        ["Location: https://hosting.example/a", "Location: https://hosting.example/b", "Content-Length: 0"],
        { status: 302, reason: "Found" }
      )
    ),
    rfc("RedirectInsecureScheme", "redirect-to-http", Behave.redirect("http://hosting.example/rfc.json")),
    rfc("RedirectForbiddenTarget", "redirect-to-address", Behave.redirect("https://127.0.0.1/rfc.json")),
    rfc("DelegationForbidden", "redirect-to-stranger", Behave.redirect("https://stranger.example/rfc.json")),
    rfc(
      "DelegationForbidden",
      "reference-to-stranger",
      Behave.json(referenceDocument("https://stranger.example/", 60))
    ),
    rfc("RedirectLoop", "loop", Behave.redirect("/again"), { "/again": Behave.redirect(rfcPath) }),
    rfc(
      "RedirectLoop",
      "reference-to-itself",
      Behave.json(
        referenceDocument(`https://reference-to-itself.example${rfcPath}`, 60)
      )
    ),
    rfc(
      "TooManyRedirects",
      "eleven-redirects",
      Behave.redirect("/1"),
      Object.fromEntries(
        Array.from({ length: 11 }, (_unused, index) => [`/${index + 1}`, Behave.redirect(`/${index + 2}`)])
      )
    ),
    rfc("RedirectedMaterialMissing", "redirect-to-nothing", Behave.redirect("https://hosting.example/nothing")),
    draft("RedirectedMaterialMissing", "draft-redirect-to-refusal", Behave.redirect("https://hosting.example/refused")),
    rfc(
      "ReferencedMaterialMissing",
      "reference-to-nothing",
      Behave.json(
        referenceDocument("https://hosting.example/nothing", 60)
      )
    ),
    rfcText("InvalidReferenceUrl", "relative-reference", `{"url":"/rfc.json","expires":60}`),
    rfcText("ReferenceInsecureScheme", "reference-to-http", `{"url":"http://hosting.example/","expires":60}`),
    rfcText("ReferenceForbiddenTarget", "reference-with-user", `{"url":"https://u@hosting.example/","expires":60}`),
    rfc(
      "NestedReference",
      "reference-to-reference",
      Behave.json(
        referenceDocument("https://hosting.example/reference.json", 60)
      )
    ),
    rfcText("DelegationWithdrawn", "delegation-withdrawn", `{"url":"https://hosting.example/rfc.json","expires":0}`),

    // Documents (§1)
    rfc("LimitExceeded", "deep", Behave.deepJson(10_000)),
    rfcText(
      "LimitExceeded",
      "many-descriptors",
      JSON.stringify({ fingerprints: Array.from({ length: 65 }, () => ({})), expires: 60 })
    ),
    rfc("InvalidEncoding", "latin-1", Behave.bytes(Uint8Array.of(0x7b, 0x22, 0xe4, 0x22, 0x3a, 0x31, 0x7d))),
    rfcText("InvalidJson", "trailing-comma", `{"fingerprints":[],}`),
    rfcText("NotAnObject", "array", "[]"),
    rfcText("DuplicateMember", "duplicate", `{"fingerprints":[{"sha-256":"x"}],"expires":60,"expires":600}`),
    rfcText("UnknownDocumentShape", "other-shape", "{}"),
    rfcText(
      "AmbiguousDocument",
      "both-shapes",
      `{"fingerprints":[{"sha-256":"x"}],"url":"https://h.example/","expires":60}`
    ),
    rfc("GenerationMismatch", "jwk-set-at-rfc-path", Behave.json(jwks)),
    draft("GenerationMismatch", "fingerprints-at-draft-path", Behave.json(good)),
    draft("InvalidJwkSet", "keys-no-array", Behave.text(`{"keys":{}}`)),
    draft("EmptyJwkSet", "no-keys", Behave.text(`{"keys":[]}`)),
    draft("NoUsableJwk", "no-x5c", Behave.json({ keys: [withoutChain] })),
    draft("AllMaterialExpired", "all-expired", Behave.json(jwkSetDocument([expired]))),
    rfcText("InvalidFingerprintsDocument", "fingerprints-no-array", `{"fingerprints":{},"expires":60}`),
    rfcText("EmptyFingerprints", "no-fingerprints", `{"fingerprints":[],"expires":60}`),
    rfc(
      "NoUsableFingerprints",
      "sha-1-only",
      Behave.json(
        fingerprintsDocument([server], { expires: 60, algorithms: ["sha-1"] })
      )
    ),
    rfc("MissingExpires", "no-expires", Behave.json({ fingerprints: good.fingerprints })),
    rfc("InvalidExpires", "expires-text", Behave.json({ ...good, expires: "60" })),
    rfc("MaterialWithdrawn", "withdrawn", Behave.json({ ...good, expires: 0 }))
  ]
}

/** What delegations lead to, and origins without a fault. */
export const soundOrigins = (server: Certificate): Record<string, HostOptions> => ({
  "good.example": { routes: { [rfcPath]: Behave.json(fingerprintsDocument([server], { expires: 3_600 })) } },
  "good-draft.example": { routes: { [draftPath]: Behave.json(jwkSetDocument([server], { withChain: true })) } },
  "broken-chain.example": {
    routes: {
      [draftPath]: Behave.json(jwkSetDocument([{ ...server, issuers: [server, server] }], { withChain: true }))
    }
  },
  "sha-512-only.example": {
    routes: { [rfcPath]: Behave.json(fingerprintsDocument([server], { expires: 60, algorithms: ["sha-512"] })) }
  },
  "hosting.example": {
    routes: {
      "/rfc.json": Behave.json(fingerprintsDocument([server], { expires: 3_600 })),
      "/reference.json": Behave.json(referenceDocument("https://hosting.example/rfc.json", 60)),
      "/refused": Behave.status(403)
    }
  }
})
