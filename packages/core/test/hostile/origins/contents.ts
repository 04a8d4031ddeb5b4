/** What a web server can answer: compressed bombs, documents that are more than they seem, redirects without end. */
import { Behave, type Behaviour } from "@posh/testing"
import { deflateRawSync, gzipSync } from "node:zlib"
import { chunk, draft, endless, forever, gzipped, type HostileOrigin, http, kibibytes, tls } from "./kinds.ts"

/** As many redirects as anybody cares to follow, to the same host and to others. */
export const routes: Readonly<Record<string, Behaviour>> = Object.fromEntries(
  Array.from({ length: 10_000 }, (_, index) => [`/${index}`, Behave.redirect(`/${index + 1}`)] as const)
)
/** Every `hopN.posh-world.net` leads to the next. */
export const hop = (host: string): Behaviour | undefined => {
  const [, number] = /^hop(\d+)\.posh-world\.net$/.exec(host) ?? []
  return number === undefined ? undefined : Behave.redirect(`https://hop${Number(number) + 1}.posh-world.net/`)
}

const compressed: ReadonlyArray<HostileOrigin> = [
  http("gzip bomb of 1 GiB", "BodyTooLarge", Behave.gzipBomb(1 << 30)),
  http("gzip in gzip", "UnsupportedContentEncoding", Behave.encoding("gzip, gzip", gzipSync(gzipSync("{}")))),
  http("gzip in gzip, undeclared", "InvalidEncoding", Behave.encoding("gzip", gzipSync("{}"))),
  endless(
    "endless empty gzip members",
    ["BodyTooLarge", "BodyTruncated"],
    gzipped,
    chunk(Buffer.concat(Array.from({ length: 500 }, () => gzipSync(""))))
  ),
  {
    ...tls("endless empty deflate blocks", "BodyTooLarge", (socket) => {
      socket.write(gzipped)
      socket.write(chunk(Buffer.from("1f8b0800000000000003", "hex")))
      forever(socket, chunk(Buffer.concat(Array.from({ length: 1_000 }, () => Buffer.from("000000ffff", "hex")))))
    })
  },
  tls("endless gzip file name", "BodyTooLarge", (socket) => {
    socket.write(gzipped)
    socket.write(chunk(Buffer.from("1f8b0808000000000003", "hex")))
    forever(socket, chunk(Buffer.from(kibibytes(16))))
  }),
  http(
    "gzip that is deflate",
    "BodyTruncated",
    Behave.bytes(deflateRawSync("{}"), { headers: { "content-encoding": "gzip" } })
  ),
  http("gzip, corrupt", "BodyTruncated", Behave.gzipCorrupt),
  http("gzip, cut off", "BodyTruncated", Behave.gzipTruncated)
]

const documents: ReadonlyArray<HostileOrigin> = [
  http("100,000 arrays in each other", "BodyTooLarge", Behave.deepJson(100_000)),
  draft("100,000 arrays in each other, at the draft's size", "LimitExceeded", Behave.deepJson(100_000, { keys: [] })),
  http("30,000 arrays in each other", "LimitExceeded", Behave.deepJson(30_000)),
  http("30,000 objects in each other", "LimitExceeded", Behave.text("{\"a\":".repeat(10_000))),
  http(
    "a number of 60,000 digits",
    "InvalidExpires",
    Behave.text(`{"fingerprints":[{}],"expires":0.${"1".repeat(60_000)}}`)
  ),
  http(
    "an exponent of 60,000 digits",
    "NoUsableFingerprints",
    Behave.text(`{"fingerprints":[{}],"expires":1e${"9".repeat(60_000)}}`)
  ),
  http(
    "a string of 60,000 escapes",
    "NoUsableFingerprints",
    Behave.text(`{"fingerprints":[{"sha-256":"${"\\u0041".repeat(10_000)}"}],"expires":60}`)
  ),
  http("a member name of 60,000 characters", "UnknownDocumentShape", Behave.text(`{"${"a".repeat(60_000)}":0}`)),
  draft(
    "30,000 members",
    "UnknownDocumentShape",
    Behave.text(`{${Array.from({ length: 25_000 }, (_, index) => `"${index}":0`).join()}}`)
  ),
  // All of it is parsed before its members are counted.
  { ...draft("130,000 keys", "LimitExceeded", Behave.text(`{"keys":[${"0,".repeat(130_000)}0]}`)), costMs: 1_000 },
  http("60,000 descriptors", "LimitExceeded", Behave.text(`{"fingerprints":[${"{},".repeat(20_000)}{}],"expires":60}`)),
  http(
    "hidden members",
    "UnknownDocumentShape",
    Behave.text(`{"__proto__":{"fingerprints":[{}],"expires":60},"constructor":0}`)
  ),

  http(
    "an honest document",
    "CertificateMismatch",
    Behave.json({ fingerprints: [{ "sha-256": `${"A".repeat(43)}=` }], expires: 60 })
  )
]

const delegations: ReadonlyArray<HostileOrigin> = [
  http("10,000 redirects", "TooManyRedirects", Behave.redirect("/0")),
  http("10,000 redirects over as many hosts", "TooManyRedirects", Behave.redirect("https://hop0.posh-world.net/")),
  http("a loop", "RedirectLoop", Behave.redirect("xmpp-server.json")),
  http("a loop in disguise", "RedirectLoop", Behave.redirect("/.well-known/./posh/../posh/xmpp-server.json#again")),
  http("a location of 2,049 octets", "RedirectForbiddenTarget", Behave.redirect(`https://a.net/${"x".repeat(2_035)}`)),
  http("a location of 15 KiB", "RedirectForbiddenTarget", Behave.redirect(`/${kibibytes(15)}`)),
  http("a location of 64 KiB", "HttpProtocolError", Behave.redirect(`/${kibibytes(64)}`)),
  http("a redirect with an endless body", "RedirectForbiddenTarget", {
    _tag: "Endless",
    head: "HTTP/1.1 302 Found\r\nLocation: https://127.0.0.1/\r\nTransfer-Encoding: chunked\r\n\r\n",
    chunk: "4000\r\n" + " ".repeat(0x4000) + "\r\n"
  })
]

export const hostileContents = [...compressed, ...documents, ...delegations]
