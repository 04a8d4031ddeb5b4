import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Schema } from "effect"
import { overrideOf, parseConnectTo } from "../../src/node/ConnectTo.ts"
import type { Domain } from "../../src/question/Domain.ts"

const parse = (text: string) => Result.getOrThrow(parseConnectTo(text))

describe("overrideOf(parseConnectTo(text)) (POSH_CONNECT_TO)", () => {
  it.each<[text: string, host: string, port: number, expected: string | undefined]>([
    ["", "im.example", 443, undefined],
    ["  ", "im.example", 443, undefined],
    ["im.example:443=127.0.0.1:8443", "im.example", 443, "127.0.0.1 8443"],
    ["im.example:443=127.0.0.1:8443", "im.example", 444, undefined],
    ["im.example:443=127.0.0.1:8443", "www.im.example", 443, undefined],
    ["IM.Example.:443=127.0.0.1:8443", "im.example", 443, "127.0.0.1 8443"],
    ["bücher.example:443=127.0.0.1:8443", "xn--bcher-kva.example", 443, "127.0.0.1 8443"],
    ["im.example:=127.0.0.1:8443", "im.example", 9443, "127.0.0.1 8443"],
    [":443=127.0.0.1:8443", "any.example", 443, "127.0.0.1 8443"],
    [":443=127.0.0.1:8443", "any.example", 80, undefined],
    ["::=", "any.example", 443, "refused"],
    [":=127.0.0.1:", "any.example", 9443, "127.0.0.1 9443"],
    [":=[::1]:8443", "any.example", 443, "::1 8443"],
    [":=[2001:DB8:0:0::1]:", "any.example", 443, "2001:db8::1 443"],
    [
      "a.example:443=127.0.0.1:1, b.example:443=127.0.0.1:2 ,:443=127.0.0.1:3",
      "b.example",
      443,
      "127.0.0.1 2"
    ],
    ["a.example:443=127.0.0.1:1,:443=127.0.0.1:3", "c.example", 443, "127.0.0.1 3"],
    [":443=127.0.0.1:3,a.example:443=127.0.0.1:1", "a.example", 443, "127.0.0.1 3"], // first match wins
    ["a.example=127.0.0.1:1", "a.example", 443, "refused"],
    ["a.example:443", "a.example", 443, "refused"],
    ["a.example:443=127.0.0.1", "a.example", 443, "refused"],
    ["a.example:443=::1:8443", "a.example", 443, "refused"],
    ["a.example:443=[127.0.0.1]:8443", "a.example", 443, "refused"],
    ["a.example:443=[fe80::1%eth0]:8443", "a.example", 443, "refused"],
    ["a.example:443=origin.example:8443", "a.example", 443, "refused"],
    ["a.example:443=:8443", "a.example", 443, "refused"],
    ["a.example:0=127.0.0.1:8443", "a.example", 443, "refused"],
    ["a.example:443=127.0.0.1:65536", "a.example", 443, "refused"],
    ["a.example:443=127.0.0.1:8443,", "a.example", 443, "refused"],
    ["a_b.example:443=127.0.0.1:8443", "a_b.example", 443, "refused"],
    ["127.0.0.1:443=127.0.0.1:8443", "a.example", 443, "refused"]
  ])("%s at %s:%i → %s", (text, host, port, expected) => {
    const parsed = parseConnectTo(text)
    const override = Result.isSuccess(parsed) ? overrideOf(parsed.success, { host: host as Domain, port }) : "refused"
    assert.strictEqual(typeof override === "object" ? `${override.address} ${override.port}` : override, expected)
  })

  it("says which entry is wrong and why", () => {
    const failure = Result.getOrThrow(Result.flip(parseConnectTo(":443=127.0.0.1:1,a.example:443=b.example:1")))
    assert.strictEqual(
      failure.message,
      "connectTo: \"a.example:443=b.example:1\": the part after = must be an IP address (IPv6 in brackets): "
        + "expected exactly four decimal octets"
    )
  })

  it("keeps the port of the request apart from the port to connect to", () =>
    assert.deepStrictEqual(parse("a.example:443=127.0.0.1:8443"), [
      { host: "a.example" as Domain, port: 443, address: "127.0.0.1", toPort: 8443 }
    ]))

  it.effect.prop(
    "any text has an answer",
    [Schema.String],
    ([text]) => Effect.sync(() => assert.isTrue(Result.isResult(parseConnectTo(text))))
  )
})
