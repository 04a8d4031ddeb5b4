import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Schema } from "effect"
import { parseResolver } from "../../../src/node/dns/ResolverUrl.ts"

interface Row {
  readonly text: string
  /** Default false. */
  readonly trusted?: true
  readonly endpoint: unknown
}

const rows: ReadonlyArray<Row> = [
  { text: "dns://127.0.0.1", endpoint: { protocol: "dns", address: "127.0.0.1", port: 53 } },
  { text: "dns://127.0.0.53:5353/", endpoint: { protocol: "dns", address: "127.0.0.53", port: 5353 } },
  { text: " DNS://127.0.0.1 ", endpoint: { protocol: "dns", address: "127.0.0.1", port: 53 } },
  { text: "dns://[::1]:5353", endpoint: { protocol: "dns", address: "::1", port: 5353 } },
  { text: "dns://[0:0::1]", endpoint: { protocol: "dns", address: "0:0::1", port: 53 } },
  { text: "dns://192.0.2.1", trusted: true, endpoint: { protocol: "dns", address: "192.0.2.1", port: 53 } },
  { text: "tls://dns.example", endpoint: { protocol: "tls", name: "dns.example", port: 853 } },
  {
    text: "tls://DNS.example@192.0.2.1:8853",
    endpoint: { protocol: "tls", name: "dns.example", address: "192.0.2.1", port: 8853 }
  },
  {
    text: "tls://dns.example@[2001:db8::1]",
    endpoint: { protocol: "tls", name: "dns.example", address: "2001:db8::1", port: 853 }
  },
  {
    text: "https://dns.example/dns-query",
    endpoint: { protocol: "https", name: "dns.example", port: 443, path: "/dns-query" }
  },
  { text: "https://dns.example:8443/", endpoint: { protocol: "https", name: "dns.example", port: 8443, path: "/" } }
]

const refused: ReadonlyArray<readonly [text: string, says: RegExp]> = [
  ["", /must start with/],
  ["127.0.0.1", /must start with/],
  ["udp://127.0.0.1", /must start with/],
  ["http://dns.example/dns-query", /must start with/],
  ["dns://192.0.2.1", /forge answers/],
  ["dns://10.0.0.1", /forge answers/],
  ["dns://[fe80::1]", /forge answers/],
  ["dns://[::ffff:127.0.0.1]", /forge answers/],
  ["dns://0.0.0.0", /forge answers/],
  ["dns://[::]", /forge answers/],
  ["dns://localhost", /IP address/],
  ["dns://127.1", /IP address/],
  ["dns://::1", /IP address/],
  ["dns://[127.0.0.1]", /IP address/],
  ["dns://127.0.0.1:0", /port/],
  ["dns://127.0.0.1:65536", /port/],
  ["dns://127.0.0.1/example", /IP address/],
  ["tls://192.0.2.1", /no name/],
  ["tls://localhost", /no name/],
  ["tls://dns.example@dns.example", /no IP address/],
  ["tls://dns.example@2001:db8::1", /name/],
  ["tls://dns.example:99999", /port/],
  ["tls://user:secret@dns.example", /name/],
  ["https://dns.example", /path/],
  ["https://dns.example/dns-query{?dns}", /path/],
  ["https://dns.example/dns-query#a", /path/],
  ["https://user@dns.example/dns-query", /path/],
  ["https://192.0.2.1/dns-query", /no name/]
]

describe("parseResolver", () => {
  it.each(rows)(
    "accepts $text",
    ({ endpoint, text, trusted = false }) =>
      assert.deepStrictEqual<unknown>(Result.getOrThrow(parseResolver(text, { trusted })), endpoint)
  )

  it.each(refused)("POSH-PRF-20: refuses %j", (text, says) => {
    const result = parseResolver(text, { trusted: false })
    assert.isTrue(Result.isFailure(result))
    if (Result.isFailure(result)) assert.match(result.failure.message, says)
  })

  it.effect.prop("never throws", [Schema.String], ([text]) =>
    Effect.sync(() => {
      for (const scheme of ["", "dns://", "tls://", "https://"]) parseResolver(`${scheme}${text}`, { trusted: true })
    }))
})
