/** The services that an operator adds: what is accepted, what is refused and why, and where they publish. */
import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import { wellKnownTarget } from "../../src/proof/posh/wellKnown.ts"
import { parseDomain } from "../../src/question/Domain.ts"
import { parseServices } from "../../src/question/parseServices.ts"
import { parseService, registeredServices } from "../../src/question/Service.ts"

const domain = Result.getOrThrow(parseDomain("im.example", { allowSpecialUse: true }))

/** Those that were added, as `key/protocol:port`. */
const added = (text: string): string =>
  Result.match(parseServices(text), {
    onFailure: ({ detail, entry }) => `"${entry}" ${detail}`,
    onSuccess: (registry) =>
      [...new Set(registry.values())].filter(({ key }) => !registeredServices.has(key))
        .map(({ key, port, protocol }) => `${key}/${protocol}:${port ?? "-"}`).join(" ")
  })

const accepted: ReadonlyArray<readonly [text: string, services: string]> = [
  ["", ""],
  [" ", ""],
  ["sip", "sip/tcp:-"],
  ["sip/udp", "sip/udp:-"],
  ["sip/sctp:5060", "sip/sctp:5060"],
  ["imaps:993", "imaps/tcp:993"],
  [" submission/tcp:587 , imaps/tcp:993,sip/udp", "submission/tcp:587 imaps/tcp:993 sip/udp:-"],
  ["POP3S/tcp", "pop3s/tcp:-"], // POSH-RES-14
  ["a:1,b:65535", "a/tcp:1 b/tcp:65535"],
  ["fifteen-letters", "fifteen-letters/tcp:-"],
  ["xmpp-server", ""],
  ["XMPP-Client/tcp:5222,sip", "sip/tcp:-"]
]

const refused: ReadonlyArray<readonly [text: string, fault: RegExp]> = [
  ["sip,", /^"" must be name\/proto:port, such as submission\/tcp:587$/],
  ["sip;imaps", /^"sip;imaps" must begin with a service name/],
  ["sip imaps", /^"sip imaps" must be name\/proto:port/],
  ["imaps tcp", /must be name\/proto:port/],
  ["sip//tcp", /must be name\/proto:port/],
  ["sip/tcp/udp", /must be name\/proto:port/],
  ["imaps:993:994", /must be name\/proto:port/],
  ["/tcp:587", /must be name\/proto:port/],
  ["sip:5060/tcp", /must be name\/proto:port/],
  ["_sip._tcp", /^"_sip\._tcp" must begin with a service name: 1 to 15 letters, digits and single hyphens/],
  ["sixteen-letters-", /service name/],
  ["sixteen-letters0", /service name/],
  ["-sip", /service name/],
  ["sip-", /service name/],
  ["s--ip", /service name/],
  ["5060", /service name/],
  ["..", /service name/],
  ["\u212aerberos", /service name/],
  ["__proto__", /service name/],
  ["sip/tls", /^"sip\/tls" has a protocol that is not one of tcp, udp, sctp$/],
  ["sip/", /protocol/],
  ["sip/UDP", /protocol/],
  ["imaps/tcp993", /protocol/],
  ["imaps/993", /protocol/],
  ["imaps/:993", /protocol/],
  ["sip:0", /^"sip:0" has a port that is not one from 1 to 65535$/],
  ["sip:65536", /port/],
  ["sip:", /port/],
  ["sip:1e3", /port/],
  ["sip:0x10", /port/],
  ["sip:-1", /port/],
  ["sip:tcp", /port/],
  ["sip,imaps,SIP", /^"SIP" names a service that is listed already$/],
  ["sip/tcp,sip/udp", /^"sip\/udp" names a service that is listed already$/],
  ["xmpp-server/udp", /^"xmpp-server\/udp" is built in as xmpp-server\/tcp:5269; leave it out$/],
  ["xmpp-server:5222", /built in as xmpp-server\/tcp:5269/],
  ["xmpps-server", /built in as xmpp-server\/tcp:5269/],
  ["https", /^"https" is a service over HTTP, for which there is no POSH \(RFC 7711 §1\)$/],
  ["HTTP/tcp:80", /over HTTP/],
  ["http-alt", /over HTTP/],
  ["pgpkey-https", /over HTTP/],
  ["caldavs", /over HTTP/],
  ["xmpp-bosh", /over HTTP/]
]

describe("parseServices", () => {
  it.each(accepted)("%j adds %j (POSH-RES-13)", (text, services) => assert.strictEqual(added(text), services))

  it.each(refused)("%j is refused (POSH-RES-13, POSH-RES-17)", (text, fault) => assert.match(added(text), fault))

  it("a service is found by its key and by its SRV spelling, beside the built-in ones", () => {
    const registry = Result.getOrThrow(parseServices("sip/udp,xmpp-other"))
    const keyOf = (name: string) => Result.getOrUndefined(parseService(name, registry))?.key
    const names = ["sip", "SIP", "_sip._udp", "_sip._tcp", "sips", "xmpps-server", "_xmpp-client._tcp", "xmpps-other"]
    assert.deepStrictEqual<unknown>(
      names.map(keyOf),
      ["sip", "sip", "sip", undefined, undefined, "xmpp-server", "xmpp-client", undefined]
    )
    const unknown = parseService("imaps", registry)
    assert.strictEqual(
      Result.isFailure(unknown) ? unknown.failure.detail : "",
      "the service is not one of xmpp-client, xmpp-server, sip, xmpp-other"
    )
  })

  it("RES-11, RES-12: the path has the name alone, or the SRV spelling with its protocol, and never the port", () => {
    const registry = Result.getOrThrow(parseServices("Sip/udp:5060"))
    const service = Result.getOrThrow(parseService("sip", registry))
    assert.strictEqual(wellKnownTarget("rfc7711", domain, service).url, "https://im.example/.well-known/posh/sip.json")
    assert.strictEqual(
      wellKnownTarget("draft", domain, service).url,
      "https://im.example/.well-known/posh._sip._udp.json"
    )
    assert.deepInclude(service, { srvName: "_sip", protocol: "udp", port: 5_060 })
  })

  it.prop("whatever is accepted makes URLs that read back as they were meant", [Schema.String], ([text]) => {
    for (const service of Result.getOrElse(parseServices(text), () => registeredServices).values()) {
      for (const generation of ["rfc7711", "draft"] as const) {
        const { path, url } = wellKnownTarget(generation, domain, service)
        assert.strictEqual(new URL(url).pathname, path)
      }
    }
  })
})
