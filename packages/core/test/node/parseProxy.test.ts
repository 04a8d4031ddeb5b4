/** The notation of the egress proxy; no error repeats the password. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, Result, Schema } from "effect"
import { HttpsFetcher, parseProxy, type Proxy } from "../../src/node/index.ts"

describe("parseProxy (POSH_EGRESS_PROXY)", () => {
  const show = (text: string) =>
    Result.match(parseProxy(text), {
      onFailure: ({ detail }) => detail,
      onSuccess: ({ authorization, host, port }) =>
        [host, port, ...(authorization === undefined ? [] : [Redacted.value(authorization)])].join(" ")
    })
  const encoded = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`

  it.each<readonly [text: string, expected: string | RegExp]>([
    ["http://proxy.internal:3128", "proxy.internal 3128"],
    ["HTTP://proxy:80/", "proxy 80"],
    [" http://egress_proxy:3128 ", "egress_proxy 3128"],
    ["http://10.0.0.1:3128", "10.0.0.1 3128"],
    ["http://[fd00::1]:3128", "fd00::1 3128"],
    ["http://posh:secret@proxy:3128", `proxy 3128 ${encoded("posh:secret")}`],
    ["http://posh:@proxy:3128", `proxy 3128 ${encoded("posh:")}`],
    ["http://posh:a:b@proxy:3128", `proxy 3128 ${encoded("posh:a:b")}`],
    ["http://p%40sh:%3A%2F%C3%A9@proxy:3128", `proxy 3128 ${encoded("p@sh::/é")}`],
    ["", /^must be http:/],
    ["proxy:3128", /^must be http:/],
    ["https://proxy:3128", /^must be http:/],
    ["socks5://proxy:1080", /^must be http:/],
    ["http://proxy", /^must be http:/],
    ["http://proxy:3128/path", /^must be http:/],
    ["http://proxy:3128?x", /^must be http:/],
    ["http://fd00::1:3128", /^must be http:/],
    ["http://:3128", /^must be http:/],
    ["http://a:s3cr@t@proxy:3128", /^must be http:/],
    ["http://a:s3cr/t@proxy:3128", /^must be http:/],
    ["http://proxy:0", /^the port/],
    ["http://proxy:65536", /^the port/],
    ["http://[proxy]:3128", /no IPv6 address/],
    ["http://[10.0.0.1]:3128", /no IPv6 address/],
    ["http://10.0.0.256:3128", /^the host is neither/],
    ["http://pröxy:3128", /^the host is neither/],
    ["http://pro xy:3128", /^the host is neither/],
    ["http://-proxy:3128", /^the host is neither/],
    ["http://s3cr3t@proxy:3128", /must be user:password/],
    ["http://:s3cr3t@proxy:3128", /must be user:password/],
    ["http://a:s3cr%t@proxy:3128", /percent-encoded/],
    ["http://a:s3cr%FFt@proxy:3128", /percent-encoded/],
    ["http://a:s3cr%0D%0At@proxy:3128", /control characters/],
    ["http://a%3Ab:s3cr3t@proxy:3128", /must not hold a colon/]
  ])("%s → %s", (text, expected) => {
    const shown = show(text)
    if (typeof expected === "string") return assert.strictEqual(shown, expected)
    assert.match(shown, expected)
    assert.notInclude(shown, "s3cr")
  })

  it("credentials are in no text that is made of it", () => {
    const proxy = Result.getOrThrow(parseProxy("http://posh:s3cr3t@proxy:3128"))
    const texts = [String(proxy.authorization), JSON.stringify(proxy), `${Object.values(proxy)}`]
    for (const text of texts) assert.notInclude(text, encoded("posh:s3cr3t").slice(6))
    assert.deepStrictEqual(texts[0], "<redacted>")
  })

  it.effect.prop(
    "any text has an answer",
    [Schema.String],
    ([text]) => Effect.sync(() => assert.isTrue(Result.isResult(parseProxy(`http://${text}@proxy:1`))))
  )
})

describe("HttpsFetcher.layer", () => {
  it.live.each<readonly [what: string, proxy: Proxy, outcome: RegExp]>([
    ["a name", { host: "proxy", port: 3128 }, /^built$/],
    ["no name", { host: "http://proxy", port: 3128 }, /^proxy: the host/],
    ["no port", { host: "proxy", port: 70_000 }, /^proxy: the port/],
    ["no header", { host: "proxy", port: 1, authorization: Redacted.make("Basic s3cr3t\r\nX: y") }, /^proxy: the auth/]
  ])("proxy: %s", ([, proxy, expected]) =>
    Effect.gen(function*() {
      const built = yield* Effect.scoped(Layer.build(HttpsFetcher.layer({ userAgent: "test", proxy }))).pipe(
        Effect.match({ onFailure: ({ message }) => message, onSuccess: () => "built" })
      )
      assert.match(built, expected)
      assert.notInclude(built, "s3cr3t")
    }))
})
