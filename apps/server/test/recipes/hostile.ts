/**
 * Services that are none. The first segment of the path names what happens. Each starts from a right yes to the question that was
 * asked and changes one thing in it, so that nothing but that thing can be the reason of a no.
 */
import { Context, Effect, Layer } from "effect"
import { createHash } from "node:crypto"
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http"
import { createServer as createSecureServer } from "node:https"
import type { Writable } from "node:stream"
import { listen } from "./listen.ts"
import { World } from "./world.ts"

interface Question {
  readonly domain: string
  readonly service: string
  readonly certificate?: string
  readonly chain?: ReadonlyArray<string>
}

/** Of the leaf: of PEM, the first block. */
const sha256Of = (certificate: string = "") => {
  const [, base64 = certificate] = /-----BEGIN CERTIFICATE-----([^-]*)/.exec(certificate) ?? []
  return createHash("sha256").update(Buffer.from(base64, "base64")).digest("base64")
}

const toYes = ({ certificate, chain, domain, service }: Question) => ({
  id: "01990000-0000-7000-8000-000000000000",
  valid: true as unknown,
  verdict: "verified",
  code: "Verified",
  message: "It is vouched for.",
  domain,
  service,
  prooftype: "posh",
  certificate: { sha256: sha256Of(chain?.[0] ?? certificate), datesChecked: true },
  ttl: 60,
  retryable: false
})

type Yes = ReturnType<typeof toYes>
type Send = (response: ServerResponse, yes: Yes) => void

const json = "application/json"

const send = (status: number, type: string | undefined, body: string): Send => (response) => {
  response.writeHead(status, type === undefined ? {} : { "content-type": type }).end(body)
}
const sendYes = (status: number, type: string | undefined): Send => (response, yes) =>
  send(status, type, JSON.stringify(yes))(response, yes)
const change = (of: (yes: Yes) => object): Send => (response, yes) =>
  send(200, json, JSON.stringify(of(yes)))(response, yes)
const rewrite = (of: (text: string) => string): Send => (response, yes) =>
  send(200, json, of(JSON.stringify(yes)))(response, yes)
const redirect = (status: number): Send => (response, yes) => {
  const location = String(response.req.url).replace(/^\/\w+/, "/yes")
  response.writeHead(status, { "content-type": json, location }).end(JSON.stringify(yes))
}

/** Until the other side has closed. */
const drip = (response: ServerResponse, write: () => void, everyMs = 50) => {
  const timer = setInterval(write, everyMs)
  response.socket?.once("close", () => clearInterval(timer))
}

const flood = (to: Writable, text: string) => {
  const more = () => {
    while (!to.destroyed && to.write(text));
  }
  to.on("drain", more)
  more()
}

/** Members of a yes, and the same name once more. */
const twice = (name: string, first: string) => (text: string) => text.replace("{", `{${name}:${first},`)

export const behaviours = {
  yes: sendYes(200, "Application/JSON; charset=utf-8"),
  // Not an answer in time.
  hangs: () => undefined,
  dripsHeaders: (response: ServerResponse) => {
    response.socket?.write("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-slow: ")
    drip(response, () => response.socket?.write("x"))
  },
  dripsBody: (response: ServerResponse, yes: Yes) => {
    response.writeHead(200, { "content-type": json }).write(JSON.stringify(yes))
    drip(response, () => response.write(" "))
  },
  closes: (response: ServerResponse) => response.socket?.destroy(),
  saysControlCharacters: change((yes) => ({ ...yes, valid: false, code: "Odd", message: "\u001b[2J\nx" })),
  // Other statuses, with a yes in the body.
  created: sendYes(201, json),
  unauthorized: sendYes(401, json),
  serverError: sendYes(500, json),
  found: redirect(302),
  permanentRedirect: redirect(308),
  // Not JSON, or not only one object.
  garbage: send(200, json, "<html>yes</html>"),
  nothing: send(200, json, ""),
  justTrue: send(200, json, "true"),
  list: rewrite((text) => `[${text}]`),
  twoDocuments: rewrite((text) => text + text),
  trailing: rewrite((text) => `${text}x`),
  cut: rewrite((text) => text.slice(0, -1)),
  // Other media types.
  html: sendYes(200, "text/html; x=application/json"),
  jsonish: sendYes(200, "application/jsonp"),
  noType: sendYes(200, undefined),
  // About something else.
  otherDomain: change((yes) => ({ ...yes, domain: "other.example" })),
  otherService: change((yes) => ({ ...yes, service: "xmpp-client" })),
  otherCertificate: change((yes) => ({ ...yes, certificate: { sha256: sha256Of("AAAA") } })),
  noCertificate: change((yes) => ({ ...yes, certificate: undefined })),
  certificateAsText: change((yes) => ({ ...yes, certificate: yes.certificate.sha256 })),
  // A yes that is none.
  validAsText: change((yes) => ({ ...yes, valid: "true" })),
  validAsNumber: change((yes) => ({ ...yes, valid: 1 })),
  noValid: change((yes) => ({ ...yes, valid: undefined })),
  validInCapitals: change(({ valid, ...yes }) => ({ ...yes, Valid: valid })),
  otherVerdict: change((yes) => ({ ...yes, verdict: "indeterminate" })),
  // Members that are there twice.
  validTwice: rewrite(twice(`"valid"`, "false")),
  validTwiceWithEscape: rewrite(twice(`"v\\u0061lid"`, "false")),
  domainTwice: rewrite(twice(`"domain"`, `"other.example"`)),
  sha256Twice: rewrite((text) => text.replace(`"sha256"`, `"sha256":"AAAA","sha256"`)),
  certificateTwice: rewrite(twice(`"certificate"`, `{"sha256":"AAAA"}`)),
  // Too much.
  endlessHeaders: (response: ServerResponse) => {
    response.socket?.write("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n")
    if (response.socket !== null) flood(response.socket, "x-more: 1\r\n".repeat(5_000))
  },
  endlessBody: (response: ServerResponse, yes: Yes) => {
    response.writeHead(200, { "content-type": json }).write(JSON.stringify(yes))
    flood(response, " ".repeat(65_536))
  }
} satisfies Record<string, Send>

export type Behaviour = keyof typeof behaviours

const makeServices = Effect.gen(function*() {
  const { services } = yield* World
  const counts = new Map<string, number>()
  const listener: RequestListener = (request, response) => {
    const [, behaviour = "", id = ""] = (request.url ?? "").split("/")
    counts.set(id, (counts.get(id) ?? 0) + 1)
    response.on("error", () => undefined)
    readQuestion(request, (question) => behaviours[behaviour as Behaviour](response, toYes(question)))
  }
  const plain = yield* listen(createServer(listener))
  const secure = {
    foreign: yield* listen(createSecureServer(toPair(services.foreign), listener)),
    otherName: yield* listen(createSecureServer(toPair(services.otherName), listener)),
    publicly: yield* listen(createSecureServer(toPair(services.publicly), listener))
  }
  const down = yield* Effect.scoped(listen(createServer(listener)))
  return {
    /** `id` is the caller's, for `count`. */
    url: (behaviour: Behaviour, id: string) => `http://127.0.0.1:${plain}/${behaviour}/${id}`,
    /** Over TLS, with a right yes: with a certificate of another CA, of another name, of a CA for everybody. */
    secure: (certificate: "foreign" | "otherName" | "publicly", id: string) =>
      `https://localhost:${secure[certificate]}/yes/${id}`,
    /** Nobody listens there. */
    down: `https://localhost:${down}`,
    /** How often a service of this caller was asked. */
    count: (id: string) => counts.get(id) ?? 0
  }
})

export class HostileServices extends Context.Service<HostileServices, Effect.Success<typeof makeServices>>()(
  "posh/server/test/recipes/HostileServices"
) {
  static readonly layer = Layer.effect(HostileServices, makeServices)
}

const readQuestion = (request: IncomingMessage, then: (question: Question) => void) => {
  const chunks: Array<Buffer> = []
  request.on("error", () => undefined)
  request.on("data", (chunk: Buffer) => chunks.push(chunk))
  const nothing = { domain: "", service: "" } // who follows a redirect may leave the question out
  request.on("end", () => {
    const text = Buffer.concat(chunks).toString()
    then(text === "" ? nothing : JSON.parse(text) as Question)
  })
}

const toPair = ({ keyPem, pem }: { readonly keyPem: string; readonly pem: string }) => ({ cert: pem, key: keyPem })
