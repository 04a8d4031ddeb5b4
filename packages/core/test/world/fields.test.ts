/** Header fields that decide, given twice or with odd octets, on real sockets (POSH-RES-46, POSH-RES-62, RFC 9110 §5). */
import { assert, layer } from "@effect/vitest"
import { Behave, fingerprintsDocument, selfSigned } from "@posh/testing"
import { Effect, Layer } from "effect"
import { verify } from "../asking.ts"
import { layerVerifier, layerWorld, rfcPath, World } from "./world.ts"

const leaf = await Effect.runPromise(selfSigned())
const body = JSON.stringify(fingerprintsDocument([leaf], { expires: 3_600 }))

const respond = (status: string, lines: ReadonlyArray<string>) =>
  Behave.octets(
    [`HTTP/1.1 ${status}`, ...lines, `Content-Length: ${body.length}`, "Connection: close", "", body].join("\r\n")
  )
const found = (...lines: ReadonlyArray<string>) => respond("302 Found", lines)
const document = (...lines: ReadonlyArray<string>) => respond("200 OK", lines)

const json = "Content-Type: application/json"
const repeated = "a header field that has one value is there more than once"
const unexpected = "the document is not served with a JSON media type"
const here = (host: string) => `Location: https://${host}.example/posh.json`
const utf8 = (text: string) => Buffer.from(text, "utf8").toString("latin1")

/** The code, what is said of it, and who was asked. */
type Row = readonly [
  name: string,
  response: ReturnType<typeof respond>,
  code: string,
  said: ReadonlyArray<string>,
  others?: ReadonlyArray<string>
]

const rows: ReadonlyArray<Row> = [
  ["one type", document(json), "Verified", []],
  ["two types that agree", document(json, json), "Verified", [`${repeated}: content-type, 2 times with one value`]],
  [
    "two spellings of one type",
    document(json, "content-type: Application/JSON; charset=utf-8"),
    "Verified",
    [
      `${repeated}: content-type, 2 times with different values: "application/json, Application/JSON; charset=utf-8"`
    ]
  ],
  ["two types in one line", document(`${json}, application/json`), "Verified", []],
  [
    "two types that contradict one another",
    document(json, "Content-Type: text/html"),
    "UnsupportedMediaType",
    ["The media type is not JSON: 2 values of Content-Type contradict one another: application/json, text/html."]
  ],
  ["an object store's default", document("Content-Type: binary/octet-stream"), "Verified", [unexpected]],
  ["text/json", document("Content-Type: text/json"), "Verified", [unexpected]],
  [
    "a type beyond ASCII",
    document(`Content-Type: ${utf8("application/jsön")}`),
    "UnsupportedMediaType",
    ["The media type is not JSON: application/jsÃ¶n."]
  ],
  ["a parameter beyond ASCII", document(`${json}; name="${utf8("ö")}"`), "Verified", []],
  [
    "two ages",
    document(json, "Age: 1", "Age: 2"),
    "Verified",
    [`${repeated}: age, 2 times with different values: "1, 2"`]
  ],
  [
    "one age that is too old, of two",
    document(json, "Age: 1", "Age: 3600"),
    "AllMaterialExpired",
    ["All that is published has expired: an intermediary held the document beyond expires."]
  ],
  ["an age beyond ASCII", document(json, `Age: ${utf8("\u0663\u0666\u0660\u0660")}`), "Verified", []],
  [
    "what is a list may be there twice",
    document(json, "Cache-Control: no-cache", "Cache-Control: private"),
    "Verified",
    []
  ],
  [
    "two dates",
    document(json, "Date: Sun, 29 Nov 2026 07:00:00 GMT", "Date: Sun, 29 Nov 2026 07:00:00 GMT"),
    "Verified",
    [`${repeated}: date, 2 times with one value`]
  ],

  ["a location", found(here("target-a")), "Verified", [], ["target-a.example"]],
  [
    "two locations that agree",
    found(here("target-b"), here("target-b")),
    "RedirectInvalidLocation",
    ["The redirect target is not a valid URL: there are 2 fields of Location, with one value."]
  ],
  [
    "two locations that contradict one another",
    found(here("target-c"), here("target-d")),
    "RedirectInvalidLocation",
    ["The redirect target is not a valid URL: there are 2 fields of Location, with different values."]
  ],
  [
    "a location in UTF-8",
    found(`Location: ${utf8("https://target-e.example/café.json")}`),
    "RedirectInvalidLocation",
    ["The redirect target is not a valid URL: the value holds characters that no URI has (A-labels, percent-encoding?)."]
  ],
  [
    "a tab in a location",
    found("Location: https://target-f.example/a\tb"),
    "RedirectInvalidLocation",
    ["The redirect target is not a valid URL: the value holds characters that no URI has (A-labels, percent-encoding?)."]
  ],
  [
    "NUL in a location",
    found("Location: https://target-g.example/a\0b"),
    "HttpProtocolError",
    ["The response is not valid HTTP: Invalid header value char."]
  ],
  [
    "ESC in a type",
    document("Content-Type: application/json\x1b"),
    "HttpProtocolError",
    ["The response is not valid HTTP: Invalid header value char."]
  ]
]

layer(layerVerifier().pipe(Layer.provideMerge(layerWorld({}))), { excludeTestServices: true })(
  "a response with",
  (it) => {
    it.effect.each(rows)("%s", ([name, response, code, said, others = []]) =>
      Effect.gen(function*() {
        const world = yield* World
        const domain = `${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}.example`
        world.setFallback(() => Behave.json(JSON.parse(body)))
        world.setRoute(domain, rfcPath, response)
        world.reset()
        const verdict = yield* verify({
          domain,
          service: "xmpp-server",
          certificate: leaf.pem,
          generations: "rfc-only"
        })
        const decisive = new Set(["RepeatedField", "UnexpectedMediaType"])
        assert.deepStrictEqual(
          [
            verdict.code,
            code === "Verified"
              ? verdict.evidence.lints.filter((lint) => decisive.has(lint.code)).map(({ message }) => message)
              : [verdict.message],
            world.requests.map(({ host }) => host).filter((host) => host !== domain)
          ],
          [code, said, others]
        )
      }))
  }
)
