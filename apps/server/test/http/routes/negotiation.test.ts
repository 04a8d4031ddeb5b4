/**
 * Responses by what the client accepts: gzip, the document itself, one word.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { request } from "node:http"
import { gunzipSync } from "node:zlib"
import { acceptsGzip, prefersToJson } from "../../../src/http/accept.ts"
import { jsonBody, Service } from "../../service.ts"
import { fakeVerifier, verified } from "../../service/verdicts.ts"

const { layer: verifier } = fakeVerifier({ "hosted.example": verified })

/** The octets of a response, unlike `ask`, which reads text. */
const get = (baseUrl: string, path: string, encoding: string) =>
  Effect.callback<{ readonly headers: Readonly<Record<string, unknown>>; readonly octets: Buffer }>((resume) => {
    request(`${baseUrl}${path}`, { headers: { "accept-encoding": encoding } }, (response) => {
      const chunks: Array<Buffer> = []
      response.on("data", (chunk: Buffer) => chunks.push(chunk))
      response.on("end", () => resume(Effect.succeed({ headers: response.headers, octets: Buffer.concat(chunks) })))
    }).end()
  })

describe("content negotiation", () => {
  it.layer(Service.layer(verifier), { excludeTestServices: true })((it) => {
    it.effect.each(["/openapi.json", "/docs", "/docs/style.css"])(
      "%s in gzip for who accepts it",
      (path) =>
        Effect.gen(function*() {
          const { baseUrl } = yield* Service
          const plain = yield* get(baseUrl, path, "identity")
          const packed = yield* get(baseUrl, path, "br, gzip;q=0.8")
          assert.isUndefined(plain.headers["content-encoding"])
          assert.strictEqual(packed.headers["content-encoding"], "gzip")
          assert.strictEqual(packed.headers["content-length"], String(packed.octets.length))
          assert.isBelow(packed.octets.length, plain.octets.length)
          assert.deepStrictEqual(gunzipSync(packed.octets), plain.octets)
          for (const { headers } of [plain, packed]) assert.strictEqual(headers["vary"], "Accept-Encoding")
          assert.strictEqual(packed.headers["content-type"], plain.headers["content-type"])
          assert.strictEqual(packed.headers["content-security-policy"], plain.headers["content-security-policy"])
        })
    )

    it.effect("a generated document as it is", () =>
      Effect.gen(function*() {
        const { ask, post } = yield* Service
        const asked = jsonBody({ url: "https://hosting.net/posh.json", expires: 60 })
        const { json } = yield* post("/v1/documents/generate", { url: "https://hosting.net/posh.json", expires: 60 })
        const { contentType, document } = json as { readonly document: string; readonly contentType: string }
        for (const query of ["?raw", "?raw=true"]) {
          const raw = yield* ask(`/v1/documents/generate${query}`, asked)
          assert.deepStrictEqual([raw.text, raw.headers["content-type"]], [document, contentType])
        }
        const octets = yield* ask("/v1/documents/generate", {
          ...asked,
          headers: { ...asked.headers, accept: "application/octet-stream" }
        })
        assert.deepStrictEqual([octets.text, octets.headers["content-type"]], [document, "application/octet-stream"])
        const refused = yield* ask("/v1/documents/generate?raw", jsonBody({}))
        assert.strictEqual(refused.headers["content-type"], "application/problem+json")
      }))
  })

  it.each<readonly [string | undefined, boolean]>([
    [undefined, false],
    ["", false],
    ["gzip", true],
    ["GZIP;q=0.1", true],
    ["gzip;q=0", false],
    ["br, deflate", false],
    ["*", false],
    ["x, gzip ; q=1", true]
  ])("Accept-Encoding %s", (header, expected) => assert.strictEqual(acceptsGzip(header), expected))

  it.each<readonly [string | undefined, boolean]>([
    [undefined, false],
    ["*/*", false],
    ["text/plain", true],
    ["application/json, text/plain;q=0.5", false],
    ["application/json;q=0.5, text/plain", true],
    ["application/json, text/plain", false]
  ])("Accept %s", (header, expected) => assert.strictEqual(prefersToJson(header, "text/plain"), expected))
})
