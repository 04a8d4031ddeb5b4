/** Every way in which a real endpoint can fail, over real sockets: none of them is a yes. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net"
import { gzipSync } from "node:zlib"
import { type ClientFaultCode, createClient } from "../../src/client/index.ts"
import { type BatchQuestion, problem } from "../../src/index.ts"
import { answerTo, certificateOf } from "./answers.ts"

const question = { domain: "hosted.example", service: "xmpp-server", certificate: certificateOf(0) }
const yes = answerTo(question)

/** Listens until the scope ends, with what connections it has. */
const listen = (server: Server): Effect.Effect<string, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<readonly [string, Set<Socket>]>((resume) => {
      const sockets = new Set<Socket>()
      server.on("connection", (socket: Socket) => sockets.add(socket.on("error", () => undefined)))
      server.listen(0, "127.0.0.1", () => {
        const { port } = server.address() as AddressInfo
        resume(Effect.succeed([`http://127.0.0.1:${port}`, sockets]))
      })
    }),
    ([, sockets]) =>
      Effect.sync(() => {
        server.close()
        for (const socket of sockets) socket.destroy()
      })
  ).pipe(Effect.map(([url]) => url))

type Answering = (
  response: ServerResponse,
  body: BatchQuestion & { readonly requests?: ReadonlyArray<BatchQuestion> }
) => void

const endpoint = (answering: Answering) =>
  listen(createServer((request: IncomingMessage, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => answering(response, JSON.parse(Buffer.concat(chunks).toString())))
  }))

const send = (value: unknown, { status = 200, type = "application/json" } = {}): Answering => (response) => {
  response.writeHead(status, { "content-type": type }).end(typeof value === "string" ? value : JSON.stringify(value))
}

const drip = (response: ServerResponse, text: string) => {
  const timer = setInterval(() => response.write(text), 20)
  response.on("close", () => clearInterval(timer))
}

const json = { "content-type": "application/json" }

const rows: ReadonlyArray<readonly [name: string, answering: Answering, code: ClientFaultCode]> = [
  ["nothing", () => undefined, "TimedOut"],
  ["closes at once", (response) => response.destroy(), "Unreachable"],
  ["headers, then nothing", (response) => response.writeHead(200, json).flushHeaders(), "TimedOut"],
  ["a slow drip", (response) => drip(response.writeHead(200, json), " "), "TimedOut"],
  ["a truncated body", (response) => {
    response.writeHead(200, { ...json, "content-length": "1000" }).write(JSON.stringify(yes), () => response.destroy())
  }, "Truncated"],
  ["a body that ends within JSON", send(JSON.stringify(yes).slice(0, -1)), "InvalidBody"],
  ["an announced body of 1 GB", (response) => {
    response.writeHead(200, { ...json, "content-length": "1000000000" }).write(" ")
  }, "BodyTooLarge"],
  ["a body without an end", (response) => {
    response.writeHead(200, json)
    const more = () => {
      while (!response.destroyed && response.write(" ".repeat(65_536)));
    }
    response.on("drain", more)
    more()
  }, "BodyTooLarge"],
  ["a bomb of gzip", (response) => {
    response.writeHead(200, { ...json, "content-encoding": "gzip" }).end(
      gzipSync(" ".repeat(10_000_000) + JSON.stringify(yes))
    )
  }, "BodyTooLarge"],
  ["no gzip", (response) => {
    response.writeHead(200, { ...json, "content-encoding": "gzip" }).end("no")
  }, "Truncated"],
  ["no JSON", send("true that"), "InvalidBody"],
  ["no UTF-8", (response) => response.writeHead(200, json).end(Buffer.from([0x22, 0xff, 0x22])), "InvalidBody"],
  ["nothing in the body", send(""), "InvalidBody"],
  ["HTML", send("<html>", { type: "text/html" }), "UnexpectedMediaType"],
  ["a yes as text", send(yes, { type: "text/plain" }), "UnexpectedMediaType"],
  ["no media type", (response) => response.writeHead(200).end(JSON.stringify(yes)), "UnexpectedMediaType"],
  ["a problem as 200", send(problem("InvalidRequest", "x")), "InvalidAnswer"],
  ["a yes as 203", send(yes, { status: 203 }), "UnexpectedStatus"],
  ["a yes as 404", send(yes, { status: 404 }), "UnexpectedStatus"],
  ["a yes as 500", send(yes, { status: 500 }), "UnexpectedStatus"],
  ["204", (response) => response.writeHead(204).end(), "UnexpectedStatus"],
  [
    "a problem that is none",
    send({ code: "Overloaded" }, { status: 503, type: "application/problem+json" }),
    "UnexpectedStatus"
  ],
  ["a redirect to a yes", (response) => response.writeHead(307, { location: "/v1/verify" }).end(), "Redirected"],
  ["304", (response) => response.writeHead(304).end(), "Redirected"],
  ["true", send(true), "InvalidAnswer"],
  ["null", send(null), "InvalidAnswer"],
  ["a list", send([yes]), "InvalidAnswer"],
  ["only valid", send({ valid: true }), "InvalidAnswer"],
  ["valid as text", send({ ...yes, valid: "true" }), "InvalidAnswer"],
  ["a verdict that does not exist", send({ ...yes, verdict: "ok" }), "InvalidAnswer"],
  ["a code that does not exist", send({ ...yes, code: "Fine" }), "InvalidAnswer"],
  ["valid, and a mismatch", send({ ...yes, verdict: "mismatch" }), "InvalidAnswer"],
  ["verified, and not valid", send({ ...yes, valid: false, ttl: 0 }), "InvalidAnswer"],
  ["valid, with the code of a no", send({ ...yes, code: "CertificateMismatch" }), "InvalidAnswer"],
  ["a lifetime before now", send({ ...yes, ttl: -1 }), "InvalidAnswer"],
  ["a lifetime of half a second", send({ ...yes, ttl: 0.5 }), "InvalidAnswer"],
  ["another domain", send({ ...yes, domain: "other.example" }), "WrongAnswer"],
  ["the domain above", send({ ...yes, domain: "example" }), "WrongAnswer"],
  ["another service", send({ ...yes, service: "xmpp-client" }), "WrongAnswer"],
  ["another certificate", send({ ...yes, certificate: { sha256: "AAAA", datesChecked: true } }), "WrongAnswer"],
  [
    "a hash that was not asked for",
    send({ ...yes, certificate: { sha512: "AAAA", datesChecked: true } }),
    "WrongAnswer"
  ],
  ["no certificate", send({ ...yes, certificate: { datesChecked: true } }), "WrongAnswer"],
  ["a batch for a question", send({ results: [{ answer: yes }] }), "InvalidAnswer"]
]

describe("an endpoint that answers one question with", () => {
  it.live.each(rows)("%s", ([, answering, code]) =>
    Effect.gen(function*() {
      const client = createClient({ endpoints: [yield* endpoint(answering)], timeoutMs: 400 })
      const result = yield* Effect.promise(() => client.verify(question))
      assert.deepInclude(result, { kind: "failure", code }, JSON.stringify(result))
      assert.isUndefined(client.recall(question))
    }).pipe(Effect.scoped))

  it.live("the answer, after all", () =>
    Effect.gen(function*() {
      const client = createClient({
        endpoints: [yield* endpoint(send(yes, { type: "Application/JSON; charset=utf-8" }))]
      })
      assert.deepStrictEqual(yield* Effect.promise(() => client.verify(question)), { kind: "answer", answer: yes })
    }).pipe(Effect.scoped))
})

type Item = { readonly id?: string; readonly answer?: unknown; readonly problem?: unknown }
type Change = (items: ReadonlyArray<Item>) => ReadonlyArray<unknown>

const no = problem("InvalidRequest", "x")
const batches: ReadonlyArray<readonly [name: string, change: Change, codes: ReadonlyArray<ClientFaultCode | "yes">]> = [
  ["the answers", (items) => items, ["yes", "yes", "yes"]],
  ["none", () => [], ["InvalidAnswer", "InvalidAnswer", "InvalidAnswer"]],
  ["one less", (items) => items.slice(1), ["InvalidAnswer", "InvalidAnswer", "InvalidAnswer"]],
  ["one more", (items) => [...items, items[0]], ["InvalidAnswer", "InvalidAnswer", "InvalidAnswer"]],
  ["another order", (items) => items.toReversed(), ["InvalidAnswer", "InvalidAnswer", "InvalidAnswer"]],
  ["one twice", ([a, b]) => [a, b, b], ["InvalidAnswer", "InvalidAnswer", "InvalidAnswer"]],
  ["no ids", (items) => items.map(({ answer }) => ({ answer })), ["InvalidAnswer", "InvalidAnswer", "InvalidAnswer"]],
  [
    "answers in each other's place",
    ([a, b, c]) => [{ ...a, answer: b?.answer }, { ...b, answer: a?.answer }, c],
    ["WrongAnswer", "WrongAnswer", "yes"]
  ],
  ["an answer that is none", ([a, b, c]) => [a, { ...b, answer: { valid: true } }, c], ["yes", "InvalidAnswer", "yes"]],
  ["an answer and a problem", ([a, b, c]) => [a, { ...b, problem: no }, c], ["yes", "InvalidAnswer", "yes"]],
  ["neither", ([a, b, c]) => [a, { id: b?.id }, c], ["yes", "InvalidAnswer", "yes"]],
  ["a problem", ([a, b, c]) => [a, { id: b?.id, problem: no }, c], ["yes", "ServiceProblem", "yes"]],
  ["null", ([a, , c]) => [a, null, c], ["yes", "InvalidAnswer", "yes"]]
]

describe("an endpoint that answers a batch of three with", () => {
  it.live.each(batches)("%s", ([, change, codes]) =>
    Effect.gen(function*() {
      const url = yield* endpoint((response, body) => {
        const items = (body.requests ?? []).map((question) => ({ id: question.id ?? "", answer: answerTo(question) }))
        send({ results: change(items) })(response, body)
      })
      const client = createClient({ endpoints: [url], timeoutMs: 1_000, batch: { windowMs: 20 } })
      const results = yield* Effect.promise(() =>
        Promise.all([0, 1, 2].map((number) => client.verify({ ...question, certificate: certificateOf(number) })))
      )
      assert.deepStrictEqual(
        results.map((result) => result.kind === "failure" ? result.code : result.answer.valid ? "yes" : "no"),
        [...codes]
      )
    }).pipe(Effect.scoped))
})

describe("the promise", () => {
  it.live("never rejects: nobody listens, no HTTP, no signal to wait for, no question", () =>
    Effect.gen(function*() {
      const closed = yield* Effect.scoped(endpoint(() => undefined))
      const noHttp = yield* listen(createTcpServer((socket) => socket.end("220 mail.example ESMTP\r\n")))
      const failing = [closed, noHttp].map((url) => createClient({ endpoints: [url], timeoutMs: 600 }))
      for (const client of failing) {
        const result = yield* Effect.promise(() => client.verify(question))
        assert.deepInclude(result, { kind: "failure", code: "Unreachable", retryable: true })
      }
      const [client] = failing
      const gone = yield* Effect.promise(() => client!.verify(question, { signal: AbortSignal.abort() }))
      assert.deepInclude(gone, { kind: "failure", code: "Aborted" })
      const none = yield* Effect.promise(() => client!.verify(undefined as never))
      assert.deepInclude(none, { kind: "failure", code: "InvalidQuestion" })
    }).pipe(Effect.scoped))

  it.live("fails over from what is broken to what works", () =>
    Effect.gen(function*() {
      const closed = yield* Effect.scoped(endpoint(() => undefined))
      const broken = yield* endpoint(send("<html>", { status: 502, type: "text/html" }))
      const lying = yield* endpoint(send({ ...yes, domain: "other.example" }))
      const client = createClient({ endpoints: [closed, broken, lying, yield* endpoint(send(yes))] })
      assert.deepInclude(yield* Effect.promise(() => client.verify(question)), { kind: "answer" })
    }).pipe(Effect.scoped))

  it.live("one caller's signal ends its question, and not that of another; the endpoint sees the last one leave", () =>
    Effect.gen(function*() {
      const asked = Promise.withResolvers<ServerResponse>()
      const client = createClient({ endpoints: [yield* endpoint((response) => asked.resolve(response))] })
      const [first, second] = [new AbortController(), new AbortController()]
      const results = [first, second].map(({ signal }) => client.verify(question, { signal }))
      const response = yield* Effect.promise(() => asked.promise)
      const closed = new Promise<void>((resolve) => response.on("close", () => resolve()))
      first.abort()
      assert.deepInclude(yield* Effect.promise(() => results[0]!), { kind: "failure", code: "Aborted" })
      assert.isFalse(response.destroyed)
      second.abort()
      assert.deepInclude(yield* Effect.promise(() => results[1]!), { kind: "failure", code: "Aborted" })
      yield* Effect.promise(() => closed)
    }).pipe(Effect.scoped))
})
