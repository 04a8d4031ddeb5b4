/**
 * What a body may be: JSON or a certificate, with a byte order mark, in gzip; and what is said where it is neither.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { gzipSync } from "node:zlib"
import { Service, type TestRequest } from "../../service.ts"
import { layerAnswering } from "../../service/inquiries.ts"
import { verified } from "../../service/verdicts.ts"

const verifier = layerAnswering({ verify: () => Effect.succeed(verified) })

const question = { domain: "hosted.example", service: "xmpp-server", certificate: "MAA=" }
const json = JSON.stringify(question)
const batch = JSON.stringify({ requests: [question, question] })
const pem = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"
const asked = "/v1/verify?domain=hosted.example&service=xmpp-server"

const post = (body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}): TestRequest => ({
  method: "POST",
  headers: { "content-type": "application/json", ...headers },
  body
})
const gzip = { "content-encoding": "gzip" }
const as = (mediaType: string) => ({ "content-type": mediaType })
const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, " "))

interface Row {
  readonly name: string
  readonly path?: string
  readonly asked: TestRequest
  readonly status: number
  readonly detail?: RegExp
  readonly field?: string
}

const rows: ReadonlyArray<Row> = [
  { name: "gzip", asked: post(gzipSync(json), gzip), status: 200 },
  { name: "gzip by its old name", asked: post(gzipSync(json), { "content-encoding": "X-GZip" }), status: 200 },
  { name: "gzip in chunks", asked: post(gzipSync(json), { ...gzip, "transfer-encoding": "chunked" }), status: 200 },
  {
    name: "gzip of two members",
    asked: post(Buffer.concat([json.slice(0, 9), json.slice(9)].map((part) => gzipSync(part))), gzip),
    status: 200
  },
  { name: "gzip of a batch", path: "/v1/verify/batch", asked: post(gzipSync(batch), gzip), status: 200 },
  { name: "gzip of 1 MiB", asked: post(gzipSync(json.padEnd(1024 * 1024, " ")), gzip), status: 200 },
  { name: "gzip of an octet more", asked: post(gzipSync(json.padEnd(1024 * 1024 + 1, " ")), gzip), status: 413 },
  { name: "a bomb of 64 KiB for 64 MiB", asked: post(bomb, gzip), status: 413, detail: /1048576 octets/ },
  {
    name: "the same bomb as a batch",
    path: "/v1/verify/batch",
    asked: post(bomb, gzip),
    status: 413,
    detail: /33554432/
  },
  { name: "no gzip", asked: post(json, gzip), status: 400, detail: /not gzip/ },
  { name: "gzip without its end", asked: post(gzipSync(json).subarray(0, 30), gzip), status: 400, detail: /not gzip/ },
  { name: "gzip of nothing", asked: post(gzipSync(""), gzip), status: 400, detail: /empty/ },
  { name: "gzip of gzip", asked: post(gzipSync(gzipSync(json)), gzip), status: 400, detail: /UTF-8/ },
  { name: "gzip twice", asked: post(gzipSync(json), { "content-encoding": "gzip, gzip" }), status: 415 },
  { name: "another coding", asked: post(json, { "content-encoding": "br" }), status: 415, detail: /gzip/ },

  { name: "a byte order mark", asked: post(`\ufeff${json}`), status: 200 },
  { name: "a byte order mark of a batch", path: "/v1/verify/batch", asked: post(`\ufeff${batch}`), status: 200 },
  { name: "two byte order marks", asked: post(`\ufeff\ufeff${json}`), status: 400, detail: /not JSON/ },
  { name: "a byte order mark alone", asked: post("\ufeff"), status: 400, detail: /empty/ },
  {
    name: "a byte order mark inside of a batch",
    path: "/v1/verify/batch",
    asked: post(`{"requests":[\ufeff${json}]}`),
    status: 400
  },

  {
    name: "raw line feeds",
    asked: post(`{"domain":"a.example","certificate":"${pem}"}`),
    status: 400,
    detail: /character 64: .* line feed is \\n; .*application\/pem-certificate-chain/
  },
  { name: "an unfinished string", asked: post(`{"domain":"a.example`), status: 400, detail: /found the end\.$/ },
  {
    name: "a comma too many",
    asked: post(`{"domain":"a.example",}`),
    status: 400,
    detail: /character 22: expected a member/
  },
  { name: "another notation", asked: post("{'domain':1}"), status: 400, detail: /character 1: .*found "'"/ },

  { name: "a PEM file", path: asked, asked: post(pem, as("application/x-pem-file")), status: 200 },
  {
    name: "a PEM chain",
    path: asked,
    asked: post(pem + pem, as("Application/PEM-Certificate-Chain; x=y")),
    status: 200
  },
  { name: "DER", path: asked, asked: post(Uint8Array.of(0x30, 0), as("application/pkix-cert")), status: 200 },
  {
    name: "DER in gzip",
    path: asked,
    asked: post(gzipSync(Uint8Array.of(0x30, 0)), { ...as("application/pkix-cert"), ...gzip }),
    status: 200
  },
  {
    name: "PEM with options",
    path: `${asked}&nameCheck=source&explain=true&maxAge=5`,
    asked: post(pem, as("application/x-pem-file")),
    status: 200
  },
  {
    name: "PEM without a question",
    path: "/v1/verify",
    asked: post(pem, as("application/x-pem-file")),
    status: 400,
    field: "domain"
  },
  {
    name: "PEM with a fingerprint",
    path: `${asked}&sha-256=00`,
    asked: post(pem, as("application/x-pem-file")),
    status: 400,
    field: "sha-256"
  },
  {
    name: "PEM and a parameter twice",
    path: `${asked}&service=x`,
    asked: post(pem, as("application/x-pem-file")),
    status: 400,
    field: "service",
    detail: /more than once/
  },
  {
    name: "PEM of more than 1 MiB",
    path: asked,
    asked: post(pem.repeat(20_000), as("application/x-pem-file")),
    status: 413
  },
  { name: "PEM as a batch", path: "/v1/verify/batch", asked: post(pem, as("application/x-pem-file")), status: 415 },
  { name: "parameters beside JSON", path: `${asked}&nameCheck=source`, asked: post(json), status: 400, field: "query" },

  {
    name: "`cert`",
    asked: post(JSON.stringify({ ...question, cert: "x" })),
    status: 400,
    field: "cert",
    detail: /did you mean certificate\?$/
  },
  {
    name: "`sha256`",
    asked: post(JSON.stringify({ ...question, sha256: "x" })),
    status: 400,
    field: "sha256",
    detail: /mean fingerprint\.sha-256\?$/
  },
  {
    name: "`fingerprint.sha256`",
    asked: post(JSON.stringify({ ...question, fingerprint: { sha256: "x" } })),
    status: 400,
    field: "fingerprint.sha256",
    detail: /mean sha-256\?$/
  },
  {
    name: "`namecheck`",
    asked: post(JSON.stringify({ ...question, namecheck: "x" })),
    status: 400,
    detail: /mean nameCheck\?$/
  },
  {
    name: "a name far from all",
    asked: post(JSON.stringify({ ...question, colour: "x" })),
    status: 400,
    detail: /such member\.$/
  },
  {
    name: "a long name",
    asked: post(JSON.stringify({ ...question, ["d".repeat(100_000)]: 1 })),
    status: 400,
    detail: /such member\.$/
  },
  {
    name: "a member of a question in a batch",
    path: "/v1/verify/batch",
    asked: post(JSON.stringify({ requests: [{ ...question, sevice: 1 }] })),
    status: 200
  },

  {
    name: "`explain=1`",
    path: `${asked}&sha-256=00&explain=1`,
    asked: {},
    status: 400,
    field: "explain",
    detail: /^Expected true or false\.$/
  },
  {
    name: "`sha-256` twice",
    path: `${asked}&sha-256=00&sha-256=00`,
    asked: {},
    status: 400,
    field: "sha-256",
    detail: /more than once/
  },
  {
    name: "`sha256` of a query",
    path: `${asked}&sha256=00`,
    asked: {},
    status: 400,
    field: "sha256",
    detail: /mean sha-256\?$/
  }
]

describe("a body", () => {
  it.layer(Service.layer(verifier), { excludeTestServices: true })((it) => {
    for (const { asked, detail, field, name, path = "/v1/verify", status } of rows) {
      it.effect(name, () =>
        Effect.gen(function*() {
          const { ask } = yield* Service
          const response = yield* ask(path, asked)
          assert.strictEqual(response.status, status, response.text)
          const problem = response.json as { readonly detail?: string; readonly field?: string }
          if (detail !== undefined) assert.match(problem.detail ?? "", detail)
          if (field !== undefined) assert.strictEqual(problem.field, field)
        }))
    }
  })
})
