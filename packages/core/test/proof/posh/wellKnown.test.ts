import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { defaultPolicy } from "../../../src/Policy.ts"
import { wellKnownTarget } from "../../../src/proof/posh/wellKnown.ts"
import type { Generation } from "../../../src/question/Generation.ts"
import { parseTarget } from "../../../src/question/Target.ts"

const policy = { ...defaultPolicy, allowSpecialUse: true }

const urlOf = (domain: string, service: string, generation: Generation) =>
  Result.match(parseTarget({ domain, service }, policy), {
    onFailure: ({ code, field }) => `${code} ${field}`,
    onSuccess: (target) => wellKnownTarget(generation, target.domain, target.service).url
  })

describe("the well-known URL (requirements §2.3)", () => {
  it.each<[string, string, string, Generation, string]>([
    [
      "RES-21, RES-12, RES-22",
      "im.example.com",
      "xmpp-client",
      "draft",
      "https://im.example.com/.well-known/posh._xmpp-client._tcp.json"
    ],
    [
      "RES-20, RES-11, RES-22",
      "IM.Example.COM.",
      "xmpp-server",
      "rfc7711",
      "https://im.example.com/.well-known/posh/xmpp-server.json"
    ],
    [
      "RES-02",
      "bücher.example",
      "xmpp-server",
      "rfc7711",
      "https://xn--bcher-kva.example/.well-known/posh/xmpp-server.json"
    ],
    ["RES-02", "faß.example", "xmpp-server", "rfc7711", "https://xn--fa-hia.example/.well-known/posh/xmpp-server.json"],
    ["RES-02", "example。com", "xmpp-client", "rfc7711", "https://example.com/.well-known/posh/xmpp-client.json"],
    ["RES-16 alias", "example.com", "xmpps-server", "rfc7711", "https://example.com/.well-known/posh/xmpp-server.json"],
    [
      "RES-16 alias",
      "example.com",
      "_xmpp-server._tcp",
      "draft",
      "https://example.com/.well-known/posh._xmpp-server._tcp.json"
    ],
    ["RES-14 case", "example.com", "XMPP-Server", "rfc7711", "https://example.com/.well-known/posh/xmpp-server.json"],
    ["RES-01", "", "xmpp-server", "rfc7711", "InvalidSourceDomain domain"],
    ["RES-10", "example.com", "../x", "rfc7711", "UnsupportedService service"],
    ["RES-10", "example.com", "xmpp-server.json?", "rfc7711", "UnsupportedService service"],
    ["RES-10", "example.com", "XMPP", "draft", "UnsupportedService service"],
    ["RES-10", "example.com", "", "draft", "UnsupportedService service"],
    ["RES-10", "example.com", "__proto__", "draft", "UnsupportedService service"],
    ["RES-17 no HTTP", "example.com", "https", "rfc7711", "UnsupportedService service"]
  ])(
    "%s: %j, %s, %s",
    (_, domain, service, generation, expected) => assert.strictEqual(urlOf(domain, service, generation), expected)
  )
})
