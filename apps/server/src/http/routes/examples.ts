/**
 * One example per operation of the API. They run against the demo (`npm run demo -- --keep`); a test runs each and
 * compares the answer.
 */

export interface Example {
  /** For a POSIX shell; `$POSH` is the URL of the service and `$CERTS` the folder of the demo's certificates. */
  readonly command: string
  /** A part of the answer, as text or as a JSON value. */
  readonly answer: unknown
}

/** The certificate of a PEM file as the content of a JSON string. */
const der = (file: string): string => `'"$(openssl x509 -in "$CERTS/${file}" -outform DER | openssl base64 -A)"'`

const fingerprintOf = (file: string): string =>
  `sha-256=$(openssl x509 -in "$CERTS/${file}" -noout -fingerprint -sha256 | cut -d= -f2 | tr -d :)`

const post = (path: string, body: string): string =>
  `curl -s "$POSH${path}" -H 'content-type: application/json' -d '${body}'`

export const examples: Readonly<Record<string, Example>> = {
  "verification.verify": {
    command: post(
      "/v1/verify",
      `{"domain":"bank.example","service":"xmpp-server","certificate":"${der("bank.pem")}"}`
    ),
    answer: {
      valid: true,
      verdict: "verified",
      code: "Verified",
      message: "bank.example vouches for this certificate (RFC 7711, entry 0, sha-256).",
      domain: "bank.example",
      service: "xmpp-server",
      prooftype: "posh",
      generation: "rfc7711"
    }
  },
  "verification.verifyByFingerprint": {
    command: `curl -s -G "$POSH/v1/verify" -H 'accept: text/plain' -d domain=bank.example -d service=xmpp-server \\
  -d "${fingerprintOf("stranger.pem")}"`,
    answer: "mismatch"
  },
  "verification.verifyBatch": {
    command: post(
      "/v1/verify/batch",
      `{"requests":[
  {"id":"a","domain":"quiet.example","service":"xmpp-server","certificate":"${der("chat.pem")}"},
  {"id":"b","domain":"192.0.2.7","service":"xmpp-server","certificate":"${der("chat.pem")}"}]}`
    ),
    answer: {
      results: [
        { id: "a", answer: { valid: false, verdict: "no-material", code: "NotPublished" } },
        { id: "b", problem: { status: 400, code: "InvalidSourceDomain", field: "requests[1].domain" } }
      ]
    }
  },
  "associations.getAssociation": {
    command: `curl -s "$POSH/v1/associations/library.example/xmpp-server"`,
    answer: {
      domain: "library.example",
      service: "xmpp-server",
      state: "material",
      code: "Resolved",
      generation: "draft",
      delegation: "redirect",
      delegatedDomain: "greenhouse.example",
      material: { kind: "jwk-set", entries: [{ index: 0, kid: "greenhouse-0" }, { index: 1, kid: "greenhouse-1" }] }
    }
  },
  "associations.forgetAssociation": {
    command: `curl -s -o /dev/null -w '%{http_code}\\n' -X DELETE "$POSH/v1/associations/library.example/xmpp-server"`,
    answer: "204"
  },
  "associations.listAssociations": {
    command: `curl -s -o /dev/null "$POSH/v1/associations/orchard.example/xmpp-server"
curl -s "$POSH/v1/associations?limit=1"`,
    answer: {
      associations: [{
        domain: "orchard.example",
        service: "xmpp-server",
        generation: "rfc7711",
        delegation: "reference",
        delegatedDomain: "greenhouse.example",
        expiresAt: "2026-11-23T09:00:00Z"
      }]
    }
  },
  "documents.lintDocument": {
    command: post(
      "/v1/documents/lint",
      `{"generation":"rfc7711","document":"{\\"fingerprints\\":[{\\"SHA256\\":\\"AAAA\\"}],\\"expires\\":86400}"}`
    ),
    answer: {
      findings: [
        { code: "NoUsableFingerprints", severity: "error" },
        { code: "UnrecognisedHashName", severity: "warning", path: "fingerprints[0]" },
        { code: "DescriptorUnusable", severity: "error", path: "fingerprints[0]" }
      ]
    }
  },
  "documents.generateDocument": {
    command: post("/v1/documents/generate", `{"url":"https://hosting.example/posh/tenants.json","expires":3600}`),
    answer: {
      document: `{\n  "url": "https://hosting.example/posh/tenants.json",\n  "expires": 3600\n}\n`,
      contentType: "application/json",
      path: "/.well-known/posh/xmpp-server.json",
      findings: []
    }
  },
  "health.live": { command: `curl -s "$POSH/health/live"`, answer: { status: "live" } },
  "health.ready": { command: `curl -s "$POSH/health/ready"`, answer: { status: "ready" } },
  "health.metrics": {
    command: `curl -s "$POSH/metrics" | grep -F 'state="ready"'`,
    answer: `posh_readiness{state="ready"} 1`
  }
}
