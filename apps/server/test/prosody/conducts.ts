/** Misbehaviour of what listens where the service should: none of it is a yes. */
import { gzipSync } from "node:zlib"
import { type Conduct, send } from "./Front.ts"

export interface Misconduct {
  readonly name: string
  readonly conduct: Conduct
  /** In the log, after the name of the domain. */
  readonly says: RegExp
}

const yesWith = (name: string, says: RegExp, changes: Readonly<Record<string, unknown>>): Misconduct => ({
  name,
  says,
  conduct: ({ response, yes }) => send(response, 200, yes(changes))
})

/** The text of a yes, as a stranger would edit it. */
const textOf = (name: string, says: RegExp, edit: (text: string) => string | Uint8Array): Misconduct => ({
  name,
  says,
  conduct: ({ response, yes }) => send(response, 200, edit(JSON.stringify(yes())))
})

const status = (code: number, says: RegExp, headers: Readonly<Record<string, string>> = {}): Misconduct => ({
  name: `status ${code} with a yes`,
  says,
  conduct: ({ response, yes }) => send(response, code, yes(), headers)
})

const MEBIBYTE = 1_048_576

/** These end only because the module gives up. */
export const hanging: ReadonlyArray<Misconduct> = [
  { name: "never answers", says: /^timeout: no answer within 5\.0 s/, conduct: () => undefined },
  {
    name: "begins an answer and stops",
    says: /^timeout:/,
    conduct: ({ response, yes }) => {
      response.writeHead(200, { "content-type": "application/json" })
      response.write(JSON.stringify(yes()).slice(0, -1))
    }
  },
  {
    name: "sends an octet now and then",
    says: /^timeout:/,
    conduct: ({ response, yes }) => {
      const text = `${JSON.stringify(yes())}${" ".repeat(10_000)}`
      let at = 0
      response.writeHead(200, { "content-type": "application/json", "content-length": text.length })
      const timer = setInterval(() => void response.write(text[at++]), 100)
      response.once("close", () => clearInterval(timer))
    }
  }
]

export const misconducts: ReadonlyArray<Misconduct> = [
  status(201, /^status: HTTP status 201/),
  status(204, /^status: HTTP status 204/),
  status(401, /^status: HTTP status 401/),
  status(403, /^status: HTTP status 403/),
  status(404, /^status: HTTP status 404/),
  status(429, /^status: HTTP status 429/),
  status(500, /^status: HTTP status 500/),
  status(503, /^status: HTTP status 503/),
  ...[301, 302, 303, 307, 308].map((code) => status(code, /^redirect: HTTP status 30/, { location: "/yes" })),
  { name: "closes at once", says: /^unreachable:/, conduct: ({ response }) => response.socket?.destroy() },
  {
    name: "closes before the end of its yes",
    says: /^(unreachable|malformed|timeout):/,
    conduct: ({ response, yes }) => {
      const text = JSON.stringify(yes())
      response.writeHead(200, { "content-type": "application/json", "content-length": text.length + 10 })
      response.write(text, () => response.socket?.end())
    }
  },
  {
    name: "is no HTTP",
    says: /^(malformed|unreachable):/,
    conduct: ({ response, yes }) => response.socket?.end(`SSH-2.0-OpenSSH_9.2\r\n${JSON.stringify(yes())}\r\n`)
  },
  {
    name: "has a head without end",
    says: /^(too-large|malformed|unreachable):/,
    conduct: ({ response }) => response.socket?.write(`HTTP/1.1 200 OK\r\n${"x-more: yes\r\n".repeat(100_000)}`)
  },
  {
    name: "has a body of 8 MiB with its length",
    says: /^too-large:/,
    conduct: ({ response, yes }) => send(response, 200, `${" ".repeat(8 * MEBIBYTE)}${JSON.stringify(yes())}`)
  },
  {
    name: "has a body without end",
    says: /^too-large:/,
    conduct: ({ response, yes }) => {
      response.writeHead(200, { "content-type": "application/json" })
      response.write(JSON.stringify(yes()))
      const more = () => {
        while (!response.destroyed && response.write(" ".repeat(65_536)));
      }
      response.on("drain", more)
      more()
    }
  },
  ...["text/html", "text/plain", "application/problem+json", "application/json; charset=utf-16", ""].map((type) => ({
    name: `content type "${type}"`,
    says: /^content-type:/,
    conduct: (({ response, yes }) => send(response, 200, yes(), { "content-type": type })) satisfies Conduct
  })),
  {
    name: "encodes its yes",
    says: /^content-type: the answer is encoded/,
    conduct: ({ response, yes }) => send(response, 200, gzipSync(JSON.stringify(yes())), { "content-encoding": "gzip" })
  },
  textOf("is empty", /^malformed: JSON/, () => ""),
  textOf("is no JSON", /^malformed: JSON/, () => "<html>yes</html>"),
  textOf("is cut", /^malformed: JSON/, (text) => text.slice(0, -1)),
  textOf("goes on after the end", /^malformed: JSON/, (text) => `${text}}`),
  textOf("two answers", /^malformed: JSON/, (text) => `${text.replace("true", "false")}${text}`),
  textOf("a list of one yes", /^malformed:/, (text) => `[${text}]`),
  textOf("a string", /^malformed:/, () => `"Verified"`),
  textOf("true", /^malformed:/, () => "true"),
  textOf("null", /^malformed:/, () => "null"),
  textOf("a repeated member", /^malformed: JSON/, (text) => text.replace("{", `{"valid":false,`)),
  textOf("a comment", /^malformed: JSON/, (text) => `/* yes */${text}`),
  textOf("a byte order mark", /^malformed: JSON/, (text) => `\ufeff${text}`),
  textOf("UTF-16", /^malformed: JSON/, (text) => Buffer.from(text, "utf16le")),
  textOf("no UTF-8", /^malformed: JSON/, (text) => Buffer.from(text.replace("vouches", "vo\u00ffches"), "latin1")),
  textOf("a NUL", /^malformed: JSON/, (text) => `${text}\u0000`),
  textOf(
    "lists in lists",
    /^malformed: JSON/,
    (text) => text.replace("{", `{"x":${"[".repeat(20_000)}${"]".repeat(20_000)},`)
  ),
  textOf(
    "objects in objects",
    /^malformed: JSON/,
    (text) => text.replace("{", `{"x":${`{"x":`.repeat(9_000)}1${"}".repeat(9_000)},`)
  ),
  textOf("a number beyond all", /^malformed: ttl/, (text) => text.replace("3600", "1e400")),
  textOf("a number below all", /^malformed: ttl/, (text) => text.replace("3600", "-1e400")),
  yesWith("about another domain", /^foreign: it is about another domain/, { domain: "other.example" }),
  yesWith("about another service", /^foreign: it is about another service/, { service: "xmpp-client" }),
  yesWith("about another certificate", /^foreign: it is about another certificate/, {
    certificate: { sha256: "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", datesChecked: true }
  }),
  textOf(
    "of dates that nobody checked",
    /^foreign: the dates/,
    (text) => text.replace(`"datesChecked":true`, `"datesChecked":false`)
  ),
  yesWith("with the verdict mismatch", /^malformed: valid contradicts/, { verdict: "mismatch" }),
  yesWith("with the code of a no", /^malformed: valid contradicts/, { code: "CertificateMismatch" }),
  yesWith("that is not valid", /^malformed: valid contradicts/, { valid: false }),
  yesWith("that has ended", /^expired:/, { validUntil: "2020-01-01T00:00:00Z" }),
  yesWith("until no day", /^malformed: validUntil/, { validUntil: "2099-13-41T00:00:00Z" })
]

/** Members that decide, each with values that careless code would trip over, or take for a yes. */
const strange: ReadonlyArray<readonly [name: string, value: unknown]> = [
  ["null", null],
  ["a number", 1],
  ["a word", "true"],
  ["a list", []],
  ["an object", {}]
]
const members = [
  "valid",
  "verdict",
  "code",
  "message",
  "domain",
  "service",
  "certificate",
  "ttl",
  "validUntil",
  "refreshAfter"
]
const isYes = (member: string, value: unknown) =>
  (member === "message" && typeof value === "string") || (member === "ttl" && value === 1)

export const strangeMembers: ReadonlyArray<Misconduct> = members.flatMap((member) =>
  strange.filter(([, value]) => !isYes(member, value)).map(([name, value]) =>
    yesWith(`${member} is ${name}`, /^(malformed|foreign|expired):/, { [member]: value })
  )
).concat(
  ["sha256", "datesChecked"].flatMap((member) =>
    strange.map(([name, value]): Misconduct => ({
      name: `certificate.${member} is ${name}`,
      says: /^foreign:/,
      conduct: ({ response, yes }) => {
        const { certificate } = yes()
        send(response, 200, yes({ certificate: { ...(certificate as object), [member]: value } }))
      }
    }))
  )
)
