import { assert, describe, it } from "@effect/vitest"
import type { FetchCode } from "../../src/fetch/Fetcher.ts"
import { EgressError } from "../../src/node/EgressError.ts"
import { mostSpecific, toTlsError } from "../../src/node/tlsError.ts"

const errorOf = (code: string | undefined) => Object.assign(new Error("text from elsewhere"), code && { code })

describe("toTlsError (requirements §8)", () => {
  it.each<[reason: string | undefined, code: FetchCode]>([
    ["ECONNREFUSED", "ConnectionRefused"],
    ["ECONNRESET", "ConnectionReset"],
    ["EPIPE", "ConnectionReset"],
    ["ETIMEDOUT", "ConnectTimeout"],
    ["ENETUNREACH", "NetworkUnreachable"],
    ["EHOSTUNREACH", "NetworkUnreachable"],
    ["EADDRNOTAVAIL", "NetworkUnreachable"],
    ["EMFILE", "ResolverOverloaded"],
    ["ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION", "TlsProtocolTooOld"],
    ["ERR_SSL_UNSUPPORTED_PROTOCOL", "TlsProtocolTooOld"],
    ["ERR_SSL_WRONG_VERSION_NUMBER", "TlsHandshakeFailed"], // no TLS at all
    ["ERR_SSL_PACKET_LENGTH_TOO_LONG", "TlsHandshakeFailed"],
    ["ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE", "TlsHandshakeFailed"],
    ["ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", "TlsHandshakeFailed"],
    ["ERR_SSL_TLSV1_UNRECOGNIZED_NAME", "TlsHandshakeFailed"],
    ["ERR_SSL_DH_KEY_TOO_SMALL", "TlsHandshakeFailed"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "TlsHostnameMismatch"],
    ["CERT_HAS_EXPIRED", "TlsCertificateExpired"],
    ["CERT_NOT_YET_VALID", "TlsCertificateExpired"],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "TlsCertificateUntrusted"],
    ["SELF_SIGNED_CERT_IN_CHAIN", "TlsCertificateUntrusted"],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "TlsCertificateUntrusted"],
    ["INVALID_PURPOSE", "TlsCertificateUntrusted"],
    ["UNSPECIFIED", "TlsCertificateUntrusted"],
    ["ENOTHING", "InternalError"],
    [undefined, "InternalError"]
  ])("%s → %s", (reason, code) => {
    const failure = toTlsError(errorOf(reason))
    assert.deepStrictEqual([failure.code, failure.detail], [code, reason ?? "unknown"])
  })
})

describe("mostSpecific", () => {
  it.each<[given: ReadonlyArray<FetchCode>, expected: FetchCode | undefined]>([
    [[], undefined],
    [["NetworkUnreachable"], "NetworkUnreachable"],
    [["NetworkUnreachable", "ConnectionRefused"], "ConnectionRefused"],
    [["ConnectTimeout", "ConnectionReset", "NetworkUnreachable"], "ConnectionReset"],
    [["ConnectionRefused", "ResolverOverloaded"], "ResolverOverloaded"],
    [["InternalError", "NetworkUnreachable"], "NetworkUnreachable"]
  ])(
    "%j → %s",
    (given, expected) =>
      assert.strictEqual(mostSpecific(given.map((code) => new EgressError({ code })))?.code, expected)
  )
})
