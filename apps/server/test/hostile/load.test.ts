/**
 * Work and answers of a size that a caller chooses, against the service as a process: everybody else is served meanwhile,
 * and memory is bounded.
 */
import { assert, describe, it } from "@effect/vitest"
import type { BatchResponse } from "@posh/api"
import {
  Behave,
  type Certificate,
  fingerprintsDocument,
  issue,
  jwkSetDocument,
  makeOrigins,
  rootCa,
  selfSigned,
  sha256Base64
} from "@posh/testing"
import { Effect } from "effect"
import { readFileSync, writeFileSync } from "node:fs"
import { request } from "node:http"
import { connect, type Socket } from "node:net"
import { join } from "node:path"
import { makeFolder } from "../access/world.ts"
import { started, until } from "../process/processes.ts"

const path = "/.well-known/posh/xmpp-server.json"
const draft = "/.well-known/posh._xmpp-server._tcp.json"
const long = `/${"x".repeat(1_900)}`

/** A chain of so many certificates below a root; the leaf. */
const chainOf = (length: number) =>
  Effect.gen(function*() {
    let issuer: Certificate = yield* rootCa()
    for (let index = 0; index < length; index += 1) {
      issuer = yield* issue(issuer, { subject: `CN=CA ${index}`, ca: true, key: "rsa2048" })
    }
    return yield* issue(issuer, { dnsNames: ["chained.example"] })
  })

const makeWorld = Effect.gen(function*() {
  const folder = yield* makeFolder
  const plain = yield* selfSigned()
  const chained = yield* chainOf(4)
  const manyNames = yield* selfSigned({ dnsNames: Array.from({ length: 4_000 }, (_, index) => `n${index}.example`) })
  const document = fingerprintsDocument([plain], { expires: 3_600 })
  const [descriptor] = (document as { readonly fingerprints: ReadonlyArray<object> }).fingerprints
  const evidence = Behave.json({
    ...document,
    fingerprints: Array.from({ length: 64 }, (_, index) => ({ ...descriptor, [`unknown-hash-${index}`]: "AAAA" }))
  })
  const hops = Object.fromEntries(
    Array.from({ length: 9 }, (_, hop) =>
      [
        hop === 0 ? path : `${long}${hop}`,
        hop === 8 ? evidence : Behave.redirect(`https://evidence.example${long}${hop + 1}`)
      ] as const)
  )
  const origins = yield* makeOrigins({
    "plain.example": { routes: { [path]: Behave.json(document) } },
    "evidence.example": { routes: hops },
    "chained.example": {
      routes: { [draft]: Behave.json(jwkSetDocument(Array.from({ length: 16 }, () => chained), { withChain: true })) }
    }
  })
  writeFileSync(folder("ca.pem"), origins.caPem)
  const service = yield* started({
    POSH_ALLOW_SPECIAL_USE_DOMAINS: "true",
    POSH_CONNECT_TO: origins.connectTo,
    POSH_EXTRA_CA_FILE: folder("ca.pem"),
    POSH_MAX_IN_FLIGHT: "20000",
    NODE_OPTIONS: `--import=${join(import.meta.dirname, "loopDelay.ts")}`
  })
  return { chained, manyNames, plain, service }
})

const send = (port: number, target: string, body?: object, caller = 2) =>
  Effect.callback<{ readonly status: number; readonly json: unknown; readonly octets: number; readonly ms: number }>(
    (resume) => {
      const beganAt = performance.now()
      const text = body === undefined ? undefined : JSON.stringify(body)
      const outgoing = request({
        port,
        host: "127.0.0.1",
        localAddress: `127.0.0.${caller}`,
        path: target,
        agent: false,
        ...(text === undefined ? {} : {
          method: "POST",
          headers: { "content-type": "application/json", "content-length": Buffer.byteLength(text) }
        })
      }, (response) => {
        const chunks: Array<Buffer> = []
        response.on("data", (chunk: Buffer) => chunks.push(chunk))
        response.on("error", (error) => resume(Effect.die(error)))
        response.on("end", () => {
          const octets = Buffer.concat(chunks)
          resume(Effect.succeed({
            status: response.statusCode ?? 0,
            json: JSON.parse(octets.toString()),
            octets: octets.length,
            ms: performance.now() - beganAt
          }))
        })
      })
      outgoing.on("error", (error) => resume(Effect.die(error)))
      outgoing.end(text)
    }
  )

/** How long the event loop stood still, at the most, while it ran. */
const delayDuring = <A>(
  { child, output }: {
    readonly child: { kill: (signal: NodeJS.Signals) => boolean }
    readonly output: { stderr: string }
  },
  run: Effect.Effect<A>
) =>
  Effect.gen(function*() {
    const look = Effect.gen(function*() {
      const before = output.stderr.length
      child.kill("SIGUSR2")
      yield* until(() => /event loop \d+ ms\n/.test(output.stderr.slice(before)), 60_000)
      return Number(/event loop (\d+) ms/.exec(output.stderr.slice(before))?.[1])
    })
    yield* look
    const result = yield* run
    return [result, yield* look] as const
  })

const residentMiB = (pid: number | undefined): number =>
  Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1_024

// On a machine with nothing else to do none of them is over 50; this is several times what a busy one needs.
const mostDelayMs = 250

describe("a caller with much to do", () => {
  it.live("holds the event loop for no longer than a slice", () =>
    Effect.gen(function*() {
      const { chained, manyNames, plain, service } = yield* makeWorld
      const { port } = service
      const chain = (index: number) => ({
        domain: "chained.example",
        service: "xmpp-server",
        certificate: chained.pem,
        generations: "draft-only",
        chainCheck: "report",
        deadlineMs: 20_000 + index
      })
      const batch = (count: number, question: (index: number) => object) => ({
        requests: Array.from({ length: count }, (_, index) => question(index))
      })
      const named = (index: number) => ({
        domain: `d${index}.example.com`,
        service: "xmpp-server",
        certificate: `${manyNames.pem}\n${"#".repeat(index)}`,
        maxAge: index,
        deadlineMs: 50
      })
      const codes = ({ json }: { readonly json: unknown }) => [
        ...new Set((json as BatchResponse).results.map(({ answer, problem }) => answer?.code ?? problem?.code))
      ]
      const rows: ReadonlyArray<readonly [name: string, run: Effect.Effect<unknown>]> = [
        ["a batch of chain checks, cold", Effect.map(send(port, "/v1/verify/batch", batch(200, chain)), codes)],
        ["a batch of chain checks, warm", Effect.map(send(port, "/v1/verify/batch", batch(200, chain)), codes)],
        [
          "chain checks one by one",
          Effect.forEach(Array.from({ length: 100 }, (_, index) => index), (index) =>
            send(port, "/v1/verify", chain(index)), {
            concurrency: "unbounded"
          })
        ],
        ["a batch of certificates with many names", send(port, "/v1/verify/batch", batch(100, named))],
        [
          "certificates with many names one by one",
          Effect.forEach(
            Array.from({ length: 50 }, (_, index) =>
              index),
            (index) =>
              send(port, "/v1/verify", named(index)),
            {
              concurrency: "unbounded"
            }
          )
        ],
        [
          "documents of certificates with many names",
          Effect.forEach(
            Array.from({ length: 23 }),
            () =>
              send(port, "/v1/documents/generate", {
                certificates: Array.from({ length: 9 }, () => manyNames.pem),
                generation: "draft"
              }),
            { concurrency: "unbounded" }
          )
        ]
      ]
      const figures: Array<string> = []
      for (const [name, run] of rows) {
        const quick = { domain: "plain.example", service: "xmpp-server", certificate: plain.pem }
        const others: Array<number> = []
        const other = Effect.tap(send(port, "/v1/verify", quick, 3), ({ json, ms }) =>
          Effect.sync(() => {
            assert.deepInclude(json, { valid: true })
            others.push(ms)
          })).pipe(Effect.andThen(Effect.sleep("5 millis")), Effect.forever)
        const [, delayMs] = yield* delayDuring(service, Effect.raceFirst(run, other))
        figures.push(`${name}: event loop ${delayMs} ms, others ${Math.max(...others).toFixed(0)} ms`)
        assert.isBelow(delayMs, mostDelayMs, figures.join("\n"))
      }
      console.info(figures.join("\n"))
    }).pipe(Effect.scoped), 300_000)
})

describe("a caller with much to hear", () => {
  it.live("takes little memory whether it reads or not, and cuts off nobody who does", () =>
    Effect.gen(function*() {
      const { plain, service } = yield* makeWorld
      const { child, port } = service
      const question = {
        domain: "evidence.example",
        service: "xmpp-server",
        fingerprint: { "sha-256": sha256Base64(plain.der) },
        explain: true
      }
      const equal = { requests: Array.from({ length: 1_000 }, () => question) }
      const different = {
        requests: Array.from({ length: 1_000 }, (_, index) => ({ ...question, deadlineMs: 20_000 + index }))
      }
      const single = yield* send(port, "/v1/verify", question)
      assert.isAbove(single.octets, 30_000)
      const before = residentMiB(child.pid)
      let most = before
      const watch = Effect.sync(() => most = Math.max(most, residentMiB(child.pid))).pipe(
        Effect.andThen(Effect.sleep("50 millis")),
        Effect.forever
      )

      // Those who ask and do not read, on connections that stay.
      const deaf = yield* Effect.acquireRelease(
        Effect.sync(() =>
          Array.from({ length: 6 }, (): Socket => {
            const text = JSON.stringify(equal)
            const socket = connect({ port, host: "127.0.0.1", localAddress: "127.0.0.4" })
            socket.on("error", () => undefined)
            socket.pause()
            socket.write(
              `POST /v1/verify/batch HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n${text}`
            )
            return socket
          })
        ),
        (sockets) => Effect.sync(() => sockets.forEach((socket) => socket.destroy()))
      )
      const honest = Effect.all([
        send(port, "/v1/verify/batch", equal, 5),
        send(port, "/v1/verify/batch", equal, 5),
        send(port, "/v1/verify/batch", different, 6)
      ], { concurrency: "unbounded" })
      const answers = yield* Effect.raceFirst(honest, watch)
      for (const { json, octets, status } of answers) {
        assert.strictEqual(status, 200)
        const { results } = json as BatchResponse
        assert.strictEqual(results.length, 1_000)
        assert.isTrue(results.every(({ answer }) => answer?.valid === true && answer.evidence !== undefined))
        assert.isAbove(octets, 30_000_000)
      }
      console.info(
        `answers of ${answers.map(({ octets }) => octets).join(", ")} octets: RSS ${before.toFixed(0)} → ${
          most.toFixed(0)
        } MiB`
      )
      assert.isBelow(most - before, 300)

      // Their places are kept while they do not read, and free as soon as they are gone.
      const places = {
        requests: Array.from({ length: 1_000 }, (_, index) => ({ ...question, explain: false, maxAge: 1_000 + index }))
      }
      for (const socket of deaf) socket.destroy()
      yield* send(port, "/v1/verify/batch", places, 4).pipe(
        Effect.repeat({ until: ({ status }) => status === 200 }),
        Effect.timeout("10 seconds")
      )
    }).pipe(Effect.scoped), 120_000)
})
