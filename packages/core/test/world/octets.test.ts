/** Header fields are octets: whatever charset they were written in, no host but a named one speaks for a domain. */
import { assert, layer } from "@effect/vitest"
import { Behave, type Behaviour, fingerprintsDocument, selfSigned } from "@posh/testing"
import { Effect, Layer } from "effect"
import { verify } from "../asking.ts"
import { layerVerifier, layerWorld, rfcPath, World } from "./world.ts"

const impostor = await Effect.runPromise(selfSigned())

/** The field line as these octets; nothing else is in the head that matters. */
const found = (location: Uint8Array): Behaviour => ({
  _tag: "Raw",
  steps: [{
    afterMs: 0,
    octets: Buffer.concat([
      Buffer.from("HTTP/1.1 302 Found\r\nContent-Length: 0\r\nConnection: close\r\nLocation: "),
      location,
      Buffer.from("\r\n\r\n")
    ])
  }],
  end: "close"
})

const utf8 = (text: string) => Buffer.from(text, "utf8")
const latin1 = (text: string) => Buffer.from(text, "latin1")

const spellings: ReadonlyArray<readonly [name: string, location: Uint8Array]> = [
  ["host, UTF-8", utf8("https://tête.example/posh.json")],
  ["host, Latin-1", latin1("https://tête.example/posh.json")],
  ["host, UTF-8 of another letter", utf8("https://pú.example/posh.json")],
  ["host, a letter beyond Latin-1", utf8("https://łódź.example/posh.json")],
  ["host, a dot of another script", utf8("https://a。example/posh.json")],
  ["host without a scheme", utf8("//tête.example/posh.json")],
  ["path, UTF-8", utf8("/dépôt/posh.json")],
  ["path, Latin-1", latin1("/dépôt/posh.json")],
  ["query", utf8("https://a.example/posh.json?q=ü")],
  ["fragment", latin1("https://a.example/posh.json#ü")],
  ["not UTF-8", Buffer.concat([utf8("https://a.example/"), Uint8Array.of(0xff, 0xfe)])],
  ["a C1 control", latin1("https://a.example/\u009b31m")],
  ["a no-break space behind it", latin1("https://a.example/posh.json\u00a0")]
]

layer(layerVerifier().pipe(Layer.provideMerge(layerWorld({}))), { excludeTestServices: true })(
  "a Location with octets beyond ASCII (RFC 9110 §5.5)",
  (it) => {
    it.effect.each(spellings)("%s", ([name, location]) =>
      Effect.gen(function*() {
        const world = yield* World
        const domain = `${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}.example`
        // Whatever host or path is made of it, somebody else publishes there.
        world.setFallback(() => Behave.json(fingerprintsDocument([impostor], { expires: 3_600 })))
        world.setRoute(domain, rfcPath, found(location))
        world.reset()
        const verdict = yield* verify({ domain, service: "xmpp-server", certificate: impostor.pem })
        assert.deepInclude(verdict, { code: "RedirectInvalidLocation", valid: false })
        assert.deepStrictEqual(world.requests.map(({ host }) => host), [domain])
      }))
  }
)
