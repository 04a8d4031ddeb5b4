/**
 * The worked example of requirements §1.6: `chat.orchard.example` is hosted by `xmpp.greenhouse.example`, whose
 * two self-signed certificates ("current" and "next", different keys) both overlap in July 2026.
 */
const NEXT = "MIIBZzCCAQ2gAwIBAgIBIjAKBggqhkjOPQQDAjAiMSAwHgYDVQQDDBd4bXBwLmdyZWVuaG91c2UuZXhhbXBsZTAeFw0yNjA2MDUw" +
  "MDAwMDBaFw0zNjA2MDUwMDAwMDBaMCIxIDAeBgNVBAMMF3htcHAuZ3JlZW5ob3VzZS5leGFtcGxlMFkwEwYHKoZIzj0CAQYIKoZI" +
  "zj0DAQcDQgAEO8RtznWsG7Xeyk3DO9fZWx7qfZCBTAnLH7uk3KP4IDeh2rG+TyAs8gdeagvVF9BhDRqAtcggdOZM5Ffhyn0CdKM0" +
  "MDIwDAYDVR0TAQH/BAIwADAiBgNVHREEGzAZghd4bXBwLmdyZWVuaG91c2UuZXhhbXBsZTAKBggqhkjOPQQDAgNIADBFAiEA6bFh" +
  "SloefS8/oCSKUmPjZlfNU83h8bsE+Yr53RIxnw0CIBYeYYeIQungf0L7S/O76u3uB97rIrnrv2VbecATwaxZ"

const CURRENT = "MIIBZzCCAQ2gAwIBAgIBITAKBggqhkjOPQQDAjAiMSAwHgYDVQQDDBd4bXBwLmdyZWVuaG91c2UuZXhhbXBsZTAeFw0yNjAxMDUw" +
  "MDAwMDBaFw0zNjAxMDUwMDAwMDBaMCIxIDAeBgNVBAMMF3htcHAuZ3JlZW5ob3VzZS5leGFtcGxlMFkwEwYHKoZIzj0CAQYIKoZI" +
  "zj0DAQcDQgAECbidcAlHg9QjFeS7mNmyfOpTqfuS0K0OG40OiWWJbuFTjxANMO0nBQvLuCMS2LAh2szXrLo2MfI0ZuyI5VqTMaM0" +
  "MDIwDAYDVR0TAQH/BAIwADAiBgNVHREEGzAZghd4bXBwLmdyZWVuaG91c2UuZXhhbXBsZTAKBggqhkjOPQQDAgNIADBFAiBNCVnD" +
  "vJyQYb6o6hEcoeMXqDYwGZxnzCgRlNfF3aJsgwIhAMnHiOkAGTdwUDuqwAoMiuGbuOwMGuIaj9q3gzF/G55S"

const NEXT_KEY = {
  kty: "EC",
  crv: "P-256",
  kid: "greenhouse-next",
  x: "O8RtznWsG7Xeyk3DO9fZWx7qfZCBTAnLH7uk3KP4IDc",
  y: "odqxvk8gLPIHXmoL1RfQYQ0agLXIIHTmTORX4cp9AnQ"
} as const

const der = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, "base64"))

const fingerprints = {
  fingerprints: [
    {
      "sha-256": "fd1uwiIoYTy999QAvZVFo88Ifs5xlyeGgrTg1ULlDwI=",
      "sha-512": "zNC7/n0WiUYDMtUbM9vqibQLj0ImoNwdkojeak78EiIokxuFwOLhpuDpQl5D5N0qEuWHpsP3ish5D5pzwQUB4Q=="
    },
    { "sha-256": "T25TU1vp84IGBoGEM125KtN7WtPkYbmUn+6rjF2X818=" }
  ],
  expires: 86400
} as const

const SOME = { "sha-256": "T25TU1vp84IGBoGEM125KtN7WtPkYbmUn+6rjF2X818=" }

export const greenhouse = {
  /** The source domain. */
  domain: "chat.orchard.example",
  service: "xmpp-server",
  /** The delegated domain, and the only name in the certificates. */
  provider: "xmpp.greenhouse.example",
  /** When both certificates are valid. */
  at: new Date("2026-07-01T00:00:00Z"),
  rfcPath: "/.well-known/posh/xmpp-server.json",
  draftPath: "/.well-known/posh._xmpp-server._tcp.json",
  /** Where the provider publishes `fingerprints` when the tenant publishes `reference`. */
  delegatedPath: "/tenants/orchard/posh.json",
  /** Valid 2026-01-05 to 2036-01-05; DER. */
  current: der(CURRENT),
  /** Valid 2026-06-05 to 2036-06-05; DER. */
  next: der(NEXT),
  /** RFC 7711 possession, newest first: `next`, `current`. */
  fingerprints,
  /** RFC 7711 delegation; with `fingerprints` behind it the usable lifetime is 3600 s. */
  reference: { url: "https://xmpp.greenhouse.example/tenants/orchard/posh.json", expires: 3600 },
  /** Draft possession: `next`, `current`. */
  jwkSet: {
    keys: [
      { ...NEXT_KEY, x5c: [NEXT] },
      {
        kty: "EC",
        crv: "P-256",
        kid: "greenhouse-current",
        x: "CbidcAlHg9QjFeS7mNmyfOpTqfuS0K0OG40OiWWJbuE",
        y: "U48QDTDtJwULy7gjEtiwIdrM16y6NjHyNGbsiOVakzE",
        x5c: [CURRENT]
      }
    ]
  },
  /** Documents that are refused, with the code that says why. */
  refused: [
    { generation: "rfc7711", text: `{"fingerprints":[],"expires":60}`, code: "EmptyFingerprints" },
    { generation: "rfc7711", text: JSON.stringify({ fingerprints: [SOME] }), code: "MissingExpires" },
    { generation: "rfc7711", text: JSON.stringify({ fingerprints: [SOME], expires: 0 }), code: "MaterialWithdrawn" },
    { generation: "rfc7711", text: JSON.stringify({ fingerprints: [SOME], expires: "60" }), code: "InvalidExpires" },
    {
      generation: "rfc7711",
      text: `{"fingerprints":[{"sha-1":"uVuxZ0nywhni8B7T4b/ui2b71Fw="}],"expires":60}`,
      code: "NoUsableFingerprints"
    },
    {
      generation: "rfc7711",
      text: JSON.stringify({ fingerprints: [SOME], url: "https://h.example/", expires: 60 }),
      code: "AmbiguousDocument"
    },
    { generation: "rfc7711", text: `{"url":"http://h.example/p.json","expires":60}`, code: "ReferenceInsecureScheme" },
    { generation: "rfc7711", text: `{"url":"/p.json","expires":60}`, code: "InvalidReferenceUrl" },
    { generation: "rfc7711", text: `{"url":"https://h.example/p.json","expires":0}`, code: "DelegationWithdrawn" },
    {
      generation: "rfc7711",
      text: `{"fingerprints":[${JSON.stringify(SOME)}],"expires":60,"expires":600}`,
      code: "DuplicateMember"
    },
    {
      generation: "draft",
      // White space in base64, as in the text of the draft.
      text: JSON.stringify({ keys: [{ ...NEXT_KEY, x5c: [`${NEXT.slice(0, 64)} ${NEXT.slice(64)}`] }] }),
      code: "NoUsableJwk"
    },
    { generation: "draft", text: `{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}`, code: "NoUsableJwk" }
  ]
} as const
