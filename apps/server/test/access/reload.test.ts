/**
 * Keys and certificates that change while the process runs.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Redacted } from "effect"
import { mkdir, rename, rm, symlink, writeFile } from "node:fs/promises"
import { connect } from "node:net"
import { connect as connectTls } from "node:tls"
import { formatKey, makeKey } from "../../src/access/Key.ts"
import { silentOrigin, started, until } from "../process/processes.ts"
import { certificates, makeFolder, trust } from "./world.ts"

const made = { old: makeKey("old", "verify"), new: makeKey("new", "admin") }
const line = (name: keyof typeof made) => `${formatKey(made[name].entry)}\n`
const bearer = (name: keyof typeof made) => ({ authorization: `Bearer ${Redacted.value(made[name].secret)}` })
const promise = <A>(run: () => Promise<A>) => Effect.promise(run)

const association = "/v1/associations/slow.example/xmpp-server"

const statusOf = (port: number, path: string, key: keyof typeof made) =>
  promise(() => fetch(`http://127.0.0.1:${port}${path}`, { headers: bearer(key) }).then(({ status }) => status))

/** An unknown path: it needs a key, and no work. */
const isKnown = (port: number, key: keyof typeof made) =>
  Effect.map(statusOf(port, "/v1/nothing", key), (status) => status === 404)

/** A busy machine may take so many times what is promised for one with nothing else to do. */
const slowness = 5

/** Waits until the condition holds; fails after the documented time. */
const within = (milliseconds: number, condition: Effect.Effect<boolean>) =>
  Effect.gen(function*() {
    const begun = performance.now()
    while (!(yield* condition)) {
      assert.isBelow(performance.now() - begun, milliseconds * slowness, "it takes longer than promised")
      yield* Effect.sleep(25)
    }
  })

const messages = ({ stdout }: { readonly stdout: string }, level: string): ReadonlyArray<string> =>
  stdout.trim().split("\n").map((text) => JSON.parse(text) as { readonly level: string; readonly message: string })
    .filter((entry) => entry.level === level).map(({ message }) => message)

describe("a key file that changes", () => {
  const ways: ReadonlyArray<
    readonly [name: string, place: (path: string) => Promise<unknown>, change: (path: string) => Promise<unknown>]
  > = [
    ["written in place", (path) => writeFile(path, line("old")), (path) => writeFile(path, line("new"))],
    [
      "exchanged by renaming",
      (path) => writeFile(path, line("old")),
      (path) => writeFile(`${path}.tmp`, line("new")).then(() => rename(`${path}.tmp`, path))
    ],
    [
      "behind a symbolic link that is exchanged, as Kubernetes does it",
      (path) =>
        Promise.all([mkdir(`${path}.1`), mkdir(`${path}.2`)])
          .then(() => Promise.all([writeFile(`${path}.1/keys`, line("old")), writeFile(`${path}.2/keys`, line("new"))]))
          .then(() => symlink(`${path}.1`, `${path}.data`))
          .then(() => symlink(`${path}.data/keys`, path)),
      (path) => symlink(`${path}.2`, `${path}.tmp`).then(() => rename(`${path}.tmp`, `${path}.data`))
    ],
    [
      "taken away and put back",
      (path) => writeFile(path, line("old")),
      (path) => rm(path).then(() => writeFile(path, line("new")))
    ]
  ]
  for (const [name, place, change] of ways) {
    it.live(`${name} is applied within 2 s, without a restart`, () =>
      Effect.gen(function*() {
        const file = (yield* makeFolder)("keys")
        yield* promise(() => place(file))
        const { output, port } = yield* started({ POSH_API_KEYS_FILE: file })
        assert.deepStrictEqual([yield* isKnown(port, "old"), yield* isKnown(port, "new")], [true, false])

        yield* promise(() => change(file))
        yield* within(2_000, isKnown(port, "new"))
        assert.isFalse(yield* isKnown(port, "old"))
        yield* until(() => output.stdout.includes("key added"), 20_000)
        const changes = messages(output, "INFO").slice(2).filter((line) => !line.startsWith("audit:"))
        assert.deepStrictEqual(changes, ["key removed: old", "key added: new (admin)"])
        assert.notInclude(output.stdout + output.stderr, "posh_")
      }).pipe(Effect.scoped))
  }

  it.live("keeps the keys while it is unusable, and logs the fault once; a request of a removed key is answered", () =>
    Effect.gen(function*() {
      const origin = yield* silentOrigin
      const file = (yield* makeFolder)("keys")
      yield* promise(() => writeFile(file, `# ours\n${line("old")}`))
      const { child, output, port } = yield* started({
        POSH_API_KEYS_FILE: file,
        POSH_ALLOW_SPECIAL_USE_DOMAINS: "true",
        POSH_CONNECT_TO: `:443=127.0.0.1:${origin.port}`
      })
      const errors = () => messages(output, "ERROR")
      const secret = Redacted.value(made.new.secret)

      yield* promise(() => writeFile(file, `# ours\n${line("old")}\nnew:admin:${secret}\n`))
      yield* until(() => errors().length > 0, 20_000)
      yield* Effect.sleep(1_500) // more polls
      assert.strictEqual(errors().length, 1)
      assert.match(
        errors()[0] ?? "",
        /^POSH_API_KEYS_FILE: line 4: the last part must be .*; the keys stay as they were$/
      )
      assert.isTrue(yield* isKnown(port, "old"))

      child.kill("SIGHUP") // logs the fault again
      yield* until(() => errors().length === 2, 20_000)
      assert.strictEqual(errors()[0], errors()[1])

      yield* promise(() => rm(file))
      yield* until(() => errors().length === 3, 20_000)
      assert.match(errors()[2] ?? "", /^POSH_API_KEYS_FILE: cannot read .*ENOENT/)
      assert.isTrue(yield* isKnown(port, "old"))

      const underWay = yield* Effect.forkChild(statusOf(port, association, "old"))
      yield* until(origin.reached, 20_000)
      yield* promise(() => writeFile(file, line("new")))
      yield* within(2_000, Effect.map(isKnown(port, "old"), (known) => !known))
      origin.letGo()
      assert.strictEqual(yield* Fiber.join(underWay), 200)
      assert.isTrue(yield* isKnown(port, "new"))
      assert.notInclude(output.stdout + output.stderr, "posh_")
    }).pipe(Effect.scoped))
})

describe("TLS files that change", () => {
  const pem = (name: "server" | "renewed") => certificates[name]

  /** The name of the certificate in the handshake. */
  const shown = (port: number) =>
    promise(() =>
      new Promise<string>((resolve, reject) => {
        const socket = connectTls({ host: "127.0.0.1", port, ...trust }, () => {
          const { raw } = socket.getPeerCertificate()
          socket.destroy()
          resolve(raw.equals(pem("server").der) ? "server" : raw.equals(pem("renewed").der) ? "renewed" : "other")
        }).on("error", reject)
      })
    )

  it.live("are applied within 2 s; a mismatched pair changes nothing; the private key is never logged", () =>
    Effect.gen(function*() {
      const path = yield* makeFolder
      const put = (certificate: "server" | "renewed", key: "server" | "renewed") =>
        promise(() =>
          Promise.all([
            writeFile(path("cert.pem"), pem(certificate).pem),
            writeFile(path("key.pem"), pem(key).keyPem, { mode: 0o600 })
          ])
        )
      yield* put("server", "server")
      const { child, ended, output, port } = yield* started({
        POSH_TLS_CERT_FILE: path("cert.pem"),
        POSH_TLS_KEY_FILE: path("key.pem")
      })
      assert.include(output.stdout, `listening on https://127.0.0.1:${port}`)
      assert.strictEqual(yield* shown(port), "server")

      yield* put("renewed", "server")
      yield* until(() => messages(output, "ERROR").length > 0, 20_000)
      assert.strictEqual(
        messages(output, "ERROR")[0],
        "POSH_TLS_CERT_FILE, POSH_TLS_KEY_FILE: are not a pair; TLS stays as it was"
      )
      assert.strictEqual(yield* shown(port), "server")

      yield* put("renewed", "renewed")
      yield* within(2_000, Effect.map(shown(port), (name) => name === "renewed"))
      assert.deepStrictEqual(messages(output, "INFO").slice(2), ["TLS has new files"])
      assert.strictEqual(messages(output, "ERROR").length, 1)

      const mute = connect(port, "127.0.0.1").on("error", () => {}) // no handshake
      yield* Effect.sleep(100)
      const signalled = performance.now()
      child.kill("SIGTERM")
      assert.strictEqual(yield* promise(() => ended), 0)
      assert.isBelow(performance.now() - signalled, 8_000) // a handshake has ten seconds
      mute.destroy()
      assert.notInclude(output.stdout + output.stderr, "PRIVATE KEY")
    }).pipe(Effect.scoped))
})
