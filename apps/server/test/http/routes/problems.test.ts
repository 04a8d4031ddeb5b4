import { assert, layer } from "@effect/vitest"
import { problemCodes, problems } from "@posh/api"
import { Effect } from "effect"
import { jsonBody, Service, type TestRequest } from "../../service.ts"
import { fakeVerifier, verified } from "../../service/verdicts.ts"

interface Row {
  readonly name: string
  readonly path: string
  readonly asked?: TestRequest
  readonly status: number
  readonly code: keyof typeof problems
  readonly field?: string
  readonly headers?: Readonly<Record<string, string>>
}

const json = { "content-type": "application/json" }
const question = { domain: "hosted.example", service: "xmpp-server", certificate: "MII" }
const verify = (name: string, body: unknown, field?: string): Row => ({
  name: `question: ${name}`,
  path: "/v1/verify",
  asked: jsonBody(body),
  status: 400,
  code: "InvalidRequest",
  ...(field === undefined ? {} : { field })
})
const raw = (name: string, body: string | Uint8Array, path = "/v1/verify"): Row => ({
  name: `body: ${name}`,
  path,
  asked: { method: "POST", headers: json, body },
  status: 400,
  code: "InvalidRequest"
})
const query = (name: string, text: string, field: string): Row => ({
  name: `query: ${name}`,
  path: `/v1/verify?${text}`,
  status: 400,
  code: "InvalidRequest",
  field
})
const document = (name: string, path: string, body: unknown, field: string): Row => ({
  name: `documents: ${name}`,
  path: `/v1/documents/${path}`,
  asked: jsonBody(body),
  status: 400,
  code: "InvalidRequest",
  field
})

const asked = "domain=hosted.example&service=xmpp-server"

const rows: ReadonlyArray<Row> = [
  raw("empty", ""),
  raw("not JSON", "{"),
  raw("two values", "{}{}"),
  raw("not UTF-8", Buffer.from([0x22, 0xff, 0x22])),
  { ...raw("a byte order mark and no question", "\ufeff{}"), field: "domain" },
  raw("deep nesting", "[".repeat(100_000)),
  verify("an array", []),
  verify("null", null),
  verify("a string", "hosted.example"),
  verify("without members", {}, "domain"),
  verify("domain is missing", { service: "xmpp-server", certificate: "MII" }, "domain"),
  verify("domain is a number", { ...question, domain: 5 }, "domain"),
  verify("service is missing", { domain: "hosted.example", certificate: "MII" }, "service"),
  verify("service is null", { ...question, service: null }, "service"),
  verify("certificate is a number", { ...question, certificate: 1 }, "certificate"),
  verify("certificate is null", { ...question, certificate: null }, "certificate"),
  verify("chain is a string", { ...question, chain: "MII" }, "chain"),
  verify("chain is empty", { ...question, chain: [] }, "chain"),
  verify("chain is too long", { ...question, chain: Array.from({ length: 11 }, () => "MII") }, "chain"),
  verify("an element of chain is an object", { ...question, chain: ["MII", {}] }, "chain[1]"),
  verify("fingerprint is a string", { ...question, fingerprint: "00" }, "fingerprint"),
  verify("fingerprint names no known hash", { ...question, fingerprint: { "sha-1": "00" } }, "fingerprint.sha-1"),
  verify("fingerprint holds a number", { ...question, fingerprint: { "sha-256": 0 } }, "fingerprint.sha-256"),
  verify("an unknown member", { ...question, chaincheck: "require" }, "chaincheck"),
  verify("an id outside a batch", { ...question, id: "a" }, "id"),
  verify("an evaluation time (POSH-REQ-04)", { ...question, now: 0 }, "now"),
  verify("prooftypes is no array", { ...question, prooftypes: "posh" }, "prooftypes"),
  verify("an unknown prooftype", { ...question, prooftypes: ["posh", "magic"] }, "prooftypes[1]"),
  verify("an unknown order of generations", { ...question, generations: "draft-then-rfc" }, "generations"),
  verify("an unknown name check", { ...question, nameCheck: "on" }, "nameCheck"),
  verify("an unknown chain check", { ...question, chainCheck: true }, "chainCheck"),
  verify("derivedDomain is an array", { ...question, derivedDomain: [] }, "derivedDomain"),
  verify("derivedDomainSecure is a string", { ...question, derivedDomainSecure: "true" }, "derivedDomainSecure"),
  verify("maxAge is negative", { ...question, maxAge: -1 }, "maxAge"),
  verify("maxAge is a fraction", { ...question, maxAge: 0.5 }, "maxAge"),
  verify("refresh is a number", { ...question, refresh: 1 }, "refresh"),
  verify("deadlineMs is too small (POSH-REQ-07)", { ...question, deadlineMs: 49 }, "deadlineMs"),
  verify("deadlineMs is too large (POSH-REQ-07)", { ...question, deadlineMs: 30_001 }, "deadlineMs"),
  verify("deadlineMs is a string", { ...question, deadlineMs: "5000" }, "deadlineMs"),
  verify("explain is null", { ...question, explain: null }, "explain"),
  { ...raw("__proto__ is no member", `{"domain":"hosted.example","service":"x","__proto__":{}}`), field: "__proto__" },
  {
    ...verify("the core refuses the domain", { ...question, domain: "other.example" }, "domain"),
    code: "InvalidSourceDomain"
  },
  {
    name: "body: no media type",
    path: "/v1/verify",
    asked: { method: "POST", body: JSON.stringify(question) },
    status: 415,
    code: "UnsupportedRequestMediaType"
  },
  {
    name: "body: another media type",
    path: "/v1/verify/batch",
    asked: { method: "POST", headers: { "content-type": "text/plain" }, body: "{}" },
    status: 415,
    code: "UnsupportedRequestMediaType"
  },
  {
    name: "body: a content coding",
    path: "/v1/documents/lint",
    asked: { method: "POST", headers: { ...json, "content-encoding": "br" }, body: "{}" },
    status: 415,
    code: "UnsupportedRequestMediaType"
  },
  {
    name: "body: declared too large",
    path: "/v1/verify",
    asked: { method: "POST", headers: json, body: Buffer.alloc(1_048_577, " ") },
    status: 413,
    code: "PayloadTooLarge"
  },
  {
    name: "body: found too large",
    path: "/v1/verify",
    asked: {
      method: "POST",
      headers: { ...json, "transfer-encoding": "chunked" },
      body: Buffer.alloc(1_048_577, " ")
    },
    status: 413,
    code: "PayloadTooLarge"
  },
  raw("a batch that is not JSON", "{", "/v1/verify/batch"),
  { ...verify("a batch that is an array", []), path: "/v1/verify/batch" },
  { ...verify("a batch without requests", {}, "requests"), path: "/v1/verify/batch" },
  { ...verify("a batch with an object of requests", { requests: {} }, "requests"), path: "/v1/verify/batch" },
  { ...verify("a batch with another member", { requests: [], x: 1 }, "x"), path: "/v1/verify/batch" },
  {
    ...verify("a batch of 1,001", { requests: Array.from({ length: 1_001 }, () => question) }, "requests"),
    path: "/v1/verify/batch"
  },
  query("nothing", "", "domain"),
  query("no service", "domain=hosted.example", "service"),
  query("no fingerprint", asked, "sha-256"),
  query("an unknown parameter", `${asked}&sha-256=00&sha256=00`, "sha256"),
  query("a certificate", `${asked}&certificate=MII`, "certificate"),
  query("a repeated parameter", `${asked}&domain=other.example&sha-256=00`, "domain"),
  query("a malformed flag", `${asked}&sha-256=00&explain=yes`, "explain"),
  query("a malformed number", `${asked}&sha-256=00&maxAge=1e3`, "maxAge"),
  query("a deadline out of bounds", `${asked}&sha-256=00&deadlineMs=49`, "deadlineMs"),
  {
    name: "query: a deadline that is not a number",
    path: "/v1/associations/hosted.example/xmpp-server?deadlineMs=soon",
    status: 400,
    code: "InvalidRequest",
    field: "deadlineMs"
  },
  {
    name: "path: malformed percent-encoding",
    path: "/v1/associations/%zz.example/xmpp-server",
    status: 400,
    code: "InvalidRequest",
    field: "path"
  },
  {
    name: "path: a domain of 5,000 characters",
    path: `/v1/associations/${"a".repeat(5_000)}/xmpp-server`,
    status: 400,
    code: "InvalidRequest",
    field: "path"
  },
  {
    name: "path: a domain that the core refuses",
    path: "/v1/associations/other.example/xmpp-server",
    status: 400,
    code: "InvalidSourceDomain",
    field: "domain"
  },
  {
    name: "path: forgetting a domain that the core refuses",
    path: "/v1/associations/other.example/xmpp-server",
    asked: { method: "DELETE" },
    status: 400,
    code: "InvalidSourceDomain",
    field: "domain"
  },
  document("lint of nothing", "lint", {}, "document"),
  document("lint without a generation", "lint", { document: "{}" }, "generation"),
  document("lint of an unknown generation", "lint", { document: "{}", generation: "rfc" }, "generation"),
  document("lint of both", "lint", { document: "{}", generation: "draft", domain: "hosted.example" }, "domain"),
  document("lint of a domain without a service", "lint", { domain: "hosted.example" }, "service"),
  document("generate nothing", "generate", {}, "certificates"),
  document("generate from no certificate", "generate", { certificates: [], generation: "draft" }, "certificates"),
  document("generate without a generation", "generate", { certificates: ["MII"] }, "generation"),
  document("generate a reference that does not expire", "generate", { url: "https://a.example/" }, "expires"),
  document("generate a reference to http", "generate", { url: "http://hosting.net/", expires: 60 }, "url"),
  document("generate both", "generate", { url: "https://a.net/", expires: 60, certificates: ["MII"] }, "certificates"),
  document("generate with expires 0", "generate", { url: "https://hosting.net/", expires: 0 }, "expires"),
  {
    ...document("generate from what is no certificate", "generate", {}, "certificates[1]"),
    asked: jsonBody({ certificates: ["MII=", "?"], generation: "draft" }),
    code: "MalformedPresentedCertificate",
    field: "certificates[0]"
  },
  {
    ...document(
      "generate for an unknown service",
      "generate",
      { url: "https://a.net/", expires: 1, service: "x" },
      "service"
    ),
    code: "UnsupportedService"
  },
  { name: "route: unknown", path: "/v2/verify", status: 404, code: "NotFound" },
  { name: "route: another spelling", path: "/V1/verify", status: 404, code: "NotFound" },
  { name: "route: a trailing slash", path: "/v1/verify/", status: 404, code: "NotFound" },
  { name: "route: below a route", path: "/v1/associations/hosted.example", status: 404, code: "NotFound" },
  {
    name: "method: of verify",
    path: "/v1/verify",
    asked: { method: "PUT" },
    status: 405,
    code: "MethodNotAllowed",
    headers: { allow: "GET, HEAD, POST" }
  },
  {
    name: "method: of an association",
    path: "/v1/associations/hosted.example/xmpp-server",
    asked: { method: "POST", headers: json, body: "{}" },
    status: 405,
    code: "MethodNotAllowed",
    headers: { allow: "DELETE, GET, HEAD" }
  },
  {
    name: "method: of a CORS preflight",
    path: "/v1/verify/batch",
    asked: { method: "OPTIONS" },
    status: 405,
    code: "MethodNotAllowed",
    headers: { allow: "POST" }
  },
  { name: "method: of the docs", path: "/docs", asked: { method: "DELETE" }, status: 405, code: "MethodNotAllowed" },
  {
    name: "defect: reveals nothing",
    path: "/v1/verify",
    asked: jsonBody({ ...question, domain: "defect.example" }),
    status: 500,
    code: "InternalError"
  }
]

const { layer: verifier } = fakeVerifier({ "hosted.example": verified, "defect.example": "defect" })

layer(Service.layer(verifier), { excludeTestServices: true })("problems (RFC 9457)", (it) => {
  for (const row of rows) {
    it.effect(row.name, () =>
      Effect.gen(function*() {
        const { ask } = yield* Service
        const response = yield* ask(row.path, row.asked)
        assert.strictEqual(response.status, row.status, response.text)
        assert.strictEqual(response.headers["content-type"], "application/problem+json")
        const { detail, ...body } = response.json as { readonly detail: string }
        assert.deepStrictEqual<unknown>(body, {
          type: `urn:posh:problem:${row.code}`,
          title: problems[row.code].title,
          status: row.status,
          code: row.code,
          instance: `urn:posh:request:${String(response.headers["x-request-id"])}`,
          ...(row.field === undefined ? {} : { field: row.field })
        })
        assert.match(detail, /^[A-Z0-9"].*[.?!]$/, "detail is a sentence")
        assert.notInclude(response.text, "secret")
        for (const [name, value] of Object.entries(row.headers ?? {})) assert.strictEqual(response.headers[name], value)
        assert.strictEqual(response.headers["x-content-type-options"], "nosniff")
        assert.strictEqual(response.headers["cache-control"], "no-store")
        assert.isUndefined(response.headers["access-control-allow-origin"])
      }))
  }

  it.effect("every code is covered, except those of limits and authentication", () =>
    Effect.sync(() => {
      const provoked = new Set(rows.map(({ code }) => code))
      const later = ["Unauthorized", "Forbidden", "TooManyRequests", "Overloaded"]
      assert.sameMembers(problemCodes.filter((code) => !provoked.has(code)), later)
    }))

  it.effect("a long name of an unknown member is truncated", () =>
    Effect.gen(function*() {
      const { post } = yield* Service
      const response = yield* post("/v1/verify", { ...question, ["x".repeat(10_000)]: 1 })
      assert.strictEqual((response.json as { readonly field: string }).field, `${"x".repeat(256)}…`)
    }))
})
