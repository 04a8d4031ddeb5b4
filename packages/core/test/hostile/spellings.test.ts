/** Spellings that somebody's parser takes for an address, or for a name of the inside (POSH-RES-05, POSH-RES-06). */
import { assert, layer } from "@effect/vitest"
import { Behave, referenceDocument } from "@posh/testing"
import { Effect, Layer } from "effect"
import { ask, layerVerifier, layerWorld, World } from "./world.ts"

const hosts = [
  "127.0.0.1",
  "127.0.0.1.",
  "127.1",
  "127.0.1",
  "2130706433",
  "2130706433.",
  "0x7f000001",
  "0x7f.0.0.1",
  "0x7f.1",
  "0X7F.1",
  "0177.0.0.1",
  "017700000001",
  "0000177.0.0.01",
  "127.0.0.0x1",
  "256.256.256.256",
  "1.2.3.4.5",
  "169.254.169.254.",
  "0xa9fea9fe",
  "2852039166",
  "１２７.0.0.1",
  "１２７．０．０．１",
  "127。0。0。1",
  "①②⑦.⓪.⓪.①",
  "⑯⑨.254.⑯⑨.254",
  "𝟏𝟐𝟕.0.0.1",
  "0x7f。1",
  "127.0.0.\u200b1",
  "[::1]",
  "[::]",
  "[::ffff:127.0.0.1]",
  "[::ffff:7f00:1]",
  "[0:0:0:0:0:0:0:1]",
  "[fe80::1%25eth0]",
  "[fe80::1%eth0]",
  "[v1.fe80::1]",
  "[127.0.0.1]",
  "::1",
  "fd00::1",
  "%31%32%37.0.0.1",
  "127%2e0%2e0%2e1",
  "localhost",
  "LOCALHOST",
  "localhost.",
  "ｌｏｃａｌｈｏｓｔ",
  "foo.localhost",
  "localhost.localdomain",
  "printer.local",
  "metadata.google.internal",
  "metadata.google.internal.",
  "router.home.arpa",
  "1.0.0.127.in-addr.arpa",
  "a.onion",
  "a.test",
  "a.invalid",
  "a.example",
  "www.example.com",
  "intranet",
  "metadata",
  "a.alt",
  "a.lan",
  "a.corp",
  "a.home",
  "a.mail"
]

const all = Layer.provideMerge(layerVerifier(), layerWorld)

/** No name server is asked, and nothing is dialled. */
const untouched = Effect.gen(function*() {
  const { dns, strayDials } = yield* World
  assert.deepStrictEqual([strayDials(), dns.queries], [[], []])
})

const located = (value: string) =>
  Behave.headersRaw([`Location: ${value}`, "Content-Length: 0"], { status: 302, reason: "Found" })

layer(all, { excludeTestServices: true })("no spelling of a host leads anywhere:", (it) => {
  it.effect.each(hosts)("%s", (host) =>
    Effect.gen(function*() {
      const { source } = yield* World
      const url = `https://${host}/`
      assert.strictEqual(yield* ask(host), "InvalidSourceDomain")

      const location = yield* ask(source(located(url)))
      assert.include(["RedirectForbiddenTarget", "RedirectInvalidLocation"], location)
      const reference = yield* ask(source(Behave.json(referenceDocument(url, 60))))
      assert.include(["ReferenceForbiddenTarget", "InvalidReferenceUrl"], reference)
      yield* untouched
    }))
})

/** What hides a host where one parser looks and another does not. */
const urls = [
  "https://127.0.0.1/",
  "HTTPS://127.0.0.1/",
  "//127.0.0.1/",
  "https:127.0.0.1/",
  "https:/127.0.0.1/",
  "https:///127.0.0.1/",
  "https:////127.0.0.1/",
  "https:\\\\127.0.0.1\\",
  "https://good.net\\@127.0.0.1/",
  "https://127.0.0.1\\@good.net/",
  "https://good.net@127.0.0.1/",
  "https://good.net:443@127.0.0.1/",
  "https://127.0.0.1@good.net/",
  "https://@127.0.0.1/",
  "https://127.0.0.1:443/",
  "https://127.0.0.1:/",
  "https://127.0.0.1?@good.net/",
  "https://127.0.0.1#@good.net/",
  "https://127.0.0.1%23.good.net/",
  "https://127.0.0.1%00.good.net/",
  "https://127.0.0.1 .good.net/",
  "https://127.0.0.1\t.good.net/",
  "https://[::1].good.net/",
  "https://good.net:22/",
  "https://good.net:8443/",
  "https://good.net:65979/",
  "https://good.net:-1/",
  "https://good.net:4e2/",
  "https://a_b.good.net/",
  "https://-good.net/",
  `https://${"a".repeat(64)}.net/`,
  `https://${"a.".repeat(130)}net/`,
  `https://good.net/${"x".repeat(2_048)}`,
  "http://127.0.0.1/",
  "http://169.254.169.254/latest/meta-data/",
  "file:///etc/passwd",
  "ftp://127.0.0.1/",
  "gopher://127.0.0.1:6379/_FLUSHALL",
  "data:application/json,{}",
  "javascript:0",
  "unix:/var/run/docker.sock",
  "blob:https://127.0.0.1/0"
]

layer(all, { excludeTestServices: true })("no URL hides a host:", (it) => {
  it.effect.each(urls)("%s", (url) =>
    Effect.gen(function*() {
      const { source } = yield* World
      assert.match(yield* ask(source(located(url))), /^Redirect(ForbiddenTarget|InvalidLocation|InsecureScheme)$/)
      assert.match(
        yield* ask(source(Behave.json(referenceDocument(url, 60)))),
        /^(ReferenceForbiddenTarget|InvalidReferenceUrl|ReferenceInsecureScheme)$/
      )
      yield* untouched
    }))
})
