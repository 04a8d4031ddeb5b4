/**
 * The certificate of the examples: the one of `xmpp.greenhouse.example` in the worked example of requirements §1.6, valid until
 * 2036. The hosted domain is `chat.orchard.example`.
 */
export const certificate = `-----BEGIN CERTIFICATE-----
MIIBZzCCAQ2gAwIBAgIBITAKBggqhkjOPQQDAjAiMSAwHgYDVQQDDBd4bXBwLmdy
ZWVuaG91c2UuZXhhbXBsZTAeFw0yNjAxMDUwMDAwMDBaFw0zNjAxMDUwMDAwMDBa
MCIxIDAeBgNVBAMMF3htcHAuZ3JlZW5ob3VzZS5leGFtcGxlMFkwEwYHKoZIzj0C
AQYIKoZIzj0DAQcDQgAECbidcAlHg9QjFeS7mNmyfOpTqfuS0K0OG40OiWWJbuFT
jxANMO0nBQvLuCMS2LAh2szXrLo2MfI0ZuyI5VqTMaM0MDIwDAYDVR0TAQH/BAIw
ADAiBgNVHREEGzAZghd4bXBwLmdyZWVuaG91c2UuZXhhbXBsZTAKBggqhkjOPQQD
AgNIADBFAiBNCVnDvJyQYb6o6hEcoeMXqDYwGZxnzCgRlNfF3aJsgwIhAMnHiOkA
GTdwUDuqwAoMiuGbuOwMGuIaj9q3gzF/G55S
-----END CERTIFICATE-----
`

/** Its hashes, in base64. */
export const hashes = {
  "sha-256": "T25TU1vp84IGBoGEM125KtN7WtPkYbmUn+6rjF2X818=",
  "sha-512": "9n9/4xCsVoAi90j7N+xXO19dsMGB82nM80V0jtTfAQ6SZy+YE8YD5YJzHQiNHHpq35hrAfJgljEgrfjQgMYx8Q=="
} as const

export const hosted = { domain: "chat.orchard.example", service: "xmpp-server" } as const

/** Publishes nothing. */
export const silent = { domain: "quiet.example", service: "xmpp-server" } as const
