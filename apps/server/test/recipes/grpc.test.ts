/** The programs of the recipes for gRPC, against the service over TLS with keys, and against what lies or fails. */
import { afterAll, assert, beforeAll, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import { createHash } from "node:crypto"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { certificates, fleetKeys, trust } from "../access/world.ts"
import { layerDeployedWith, makePeer, World } from "../client/world.ts"
import { ensureGoGrpc, ensurePythonGrpc, ensureRubyGrpc } from "../grpc/foreign/toolchains.ts"
import { Service } from "../service.ts"
import { type Lie, makeLiar, makeMute } from "./grpcLiar.ts"
import { at, buildPrograms, makeCheckout, type Ran, runIn } from "./grpcPrograms.ts"
import { makeRenegotiating } from "./renegotiating.ts"

const languages = ["Python", "Go", "Ruby"] as const
type Worlds = Effect.Success<typeof World>

describe("recipes for gRPC", () => {
  const { folder, remove } = makeCheckout()
  const secrets = mkdtempSync(join(tmpdir(), "posh-recipes-"))
  const file = (name: string, text: string) => {
    writeFileSync(join(secrets, name), text)
    return join(secrets, name)
  }
  const [, key = ""] = fleetKeys.bearer("verify").authorization.split(" ")
  const ca = { VERIFIER_CA_FILE: file("ca.pem", trust.ca) }
  const good = { ...ca, VERIFIER_KEY_FILE: file("key", `${key}\n`) }
  let programs: ReadonlyMap<string, string> = new Map()

  beforeAll(async () => {
    ensurePythonGrpc()
    ensureGoGrpc()
    ensureRubyGrpc()
    programs = await buildPrograms(folder)
  }, 600_000)
  afterAll(() => {
    remove()
    rmSync(secrets, { recursive: true })
  })

  interface Asked {
    readonly verifier: string
    readonly present?: (world: Worlds) => Parameters<typeof makePeer>[0]
    readonly env?: Readonly<Record<string, string>>
    readonly edit?: (script: string) => string
  }

  /** Runs all three against a peer of their own. */
  const inAll = ({ edit = same, env = good, present = ({ hosting }) => hosting, verifier }: Asked) =>
    Effect.gen(function*() {
      const certificate = present(yield* World)
      return yield* Effect.forEach(languages, (language) =>
        Effect.gen(function*() {
          const names: Array<unknown> = []
          const peer = yield* makePeer(certificate, {
            onSecure: (socket) => void names.push(Reflect.get(socket, "servername"))
          })
          const script = edit(at(programs.get(language) ?? "", { peerPort: peer.port, verifier }))
          const ran = yield* Effect.promise(() => runIn(folder, script, env))
          yield* peer.closed
          return { language, ...ran, received: peer.received, names }
        }), { concurrency: 3 })
    }).pipe(Effect.scoped)

  const refusedFor = (
    found: ReadonlyArray<Ran & { readonly received: ReadonlyArray<string>; readonly language: string }>,
    reason: RegExp
  ) => {
    for (const { language, received, status, stderr, stdout } of found) {
      assert.deepStrictEqual({ language, status, stdout, received: [...received] }, {
        language,
        status: 1,
        stdout: "",
        received: []
      }, stderr)
      assert.match(stderr, reason, language)
    }
  }

  layer(layerDeployedWith({ grpc: true, callers: fleetKeys.callers, tls: fleetKeys.serverTls }), {
    excludeTestServices: true,
    timeout: 120_000
  })("over TLS", (it) => {
    const place = Effect.map(Service, ({ grpcUrl = "" }) => new URL(grpcUrl).host)

    it.effect.each<[string, (world: Worlds) => Parameters<typeof makePeer>[0]]>([
      ["of a CA", ({ hosting }) => hosting],
      ["of its own", ({ alone }) => alone]
    ])("a certificate that the domain vouches for, %s", ([, present]) =>
      Effect.gen(function*() {
        for (
          const { language, names, received, status, stderr, stdout } of yield* inAll({
            verifier: yield* place,
            present
          })
        ) {
          assert.strictEqual(status, 0, `${language}: ${stderr}`)
          assert.strictEqual(stdout, "greeting\nyou said hello\n", language)
          assert.deepStrictEqual([received, names], [["hello"], ["hosted.example"]], language)
        }
      }))

    it.effect("a peer that negotiates anew: the certificate of then is not the one of now", () =>
      Effect.gen(function*() {
        const { alone } = yield* World
        for (const language of languages) {
          const { outcome, port: peerPort } = yield* makeRenegotiating(alone)
          const script = at(programs.get(language) ?? "", { peerPort, verifier: yield* place })
          const { status } = yield* Effect.promise(() => runIn(folder, script, good))
          assert.deepStrictEqual([language, yield* outcome, status], [language, "refused", 1])
        }
      }).pipe(Effect.scoped))

    it.effect.each<[string, Omit<Asked, "verifier">, RegExp]>([
      ["another certificate", { present: ({ stranger }) => stranger }, /^CertificateMismatch: \w/],
      ["an expired one", { present: ({ expired }) => expired }, /^PresentedCertificateExpired: \w/],
      [
        "no domain",
        { edit: (script) => script.replace(" hosted.example", " 192.0.2.1") },
        /^InvalidSourceDomain: \w/
      ],
      [
        "a service that is none",
        { edit: (script) => script.replace("xmpp-server", "gopher") },
        /^UnsupportedService: \w/
      ],
      ["a domain in another form", { edit: (script) => script.replace(" hosted", " HOSTED") }, /^WrongAnswer: \w/],
      ["no key", { env: ca }, /^Unauthorized: \w/],
      ["a wrong key", { env: { ...ca, VERIFIER_KEY_FILE: file("wrong", "x".repeat(40)) } }, /^Unauthorized: \w/],
      ["no file with the key", { env: { ...ca, VERIFIER_KEY_FILE: "/nowhere" } }, /nowhere/],
      [
        "another CA",
        { env: { ...good, VERIFIER_CA_FILE: file("other.pem", certificates.strangeCa.pem) } },
        /^UNAVAILABLE: \w/im
      ],
      [
        "no CA in its file",
        { env: { ...good, VERIFIER_CA_FILE: file("no.pem", "-----BEGIN CERTIFICATE-----\n") } },
        /\w/
      ],
      ["plain text to TLS", { env: { VERIFIER_KEY_FILE: good.VERIFIER_KEY_FILE } }, /^UNAVAILABLE: \w/im]
    ])("%s: no data", ([, asked, reason]) =>
      Effect.gen(function*() {
        refusedFor(yield* inAll({ ...asked, verifier: yield* place }), reason)
      }))
  })

  layer(World.layer, { excludeTestServices: true, timeout: 120_000 })("a service that fails", (it) => {
    const hash = ({ hosting }: Worlds) => createHash("sha256").update(hosting.der).digest()
    const yes = (world: Worlds): Exclude<Lie, string> => ({
      valid: true,
      verdict: "verified",
      code: "Verified",
      domain: "hosted.example",
      service: "xmpp-server",
      certificate: { sha256: hash(world), datesChecked: true }
    })

    it.effect("the same answer without a lie is accepted", () =>
      Effect.gen(function*() {
        const verifier = yield* makeLiar(yes(yield* World))
        for (const { received, status } of yield* inAll({ verifier, env: {} })) {
          assert.deepStrictEqual([status, received], [0, ["hello"]])
        }
      }).pipe(Effect.scoped))

    it.effect.each<[string, (world: Worlds) => Lie, RegExp]>([
      ["another domain", (world) => ({ ...yes(world), domain: "other.example" }), /^WrongAnswer/],
      ["another service", (world) => ({ ...yes(world), service: "xmpp-client" }), /^WrongAnswer/],
      [
        "another certificate",
        (world) => ({ ...yes(world), certificate: { sha256: new Uint8Array(32) } }),
        /^WrongAnswer/
      ],
      ["no hash", (world) => ({ ...yes(world), certificate: {} }), /^WrongAnswer/],
      ["the words of a yes", (world) => ({ ...yes(world), valid: false }), /^Verified/],
      ["no answer", () => "empty", /^WrongAnswer/],
      ["what is no message", () => "garbage", /\w/],
      ["a status", () => "status", /^(RESOURCE_EXHAUSTED|ResourceExhausted): too many/],
      ["a deadline", () => "silence", /^DEADLINE_?EXCEEDED: /im]
    ])("%s: no data", ([, lie, reason]) =>
      Effect.gen(function*() {
        const verifier = yield* makeLiar(lie(yield* World))
        refusedFor(yield* inAll({ verifier, env: {} }), reason)
      }).pipe(Effect.scoped))

    it.effect("nobody there, or nobody who says anything: no data", () =>
      Effect.gen(function*() {
        for (const verifier of ["127.0.0.1:1", yield* makeMute]) {
          refusedFor(
            yield* inAll({ verifier, env: {} }),
            /^(UNAVAILABLE|DEADLINE_?EXCEEDED): /im
          )
        }
      }).pipe(Effect.scoped))
  })
})

const same = (script: string) => script
