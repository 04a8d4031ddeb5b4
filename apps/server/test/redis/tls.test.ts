/**
 * TLS to Redis: its own CA, a certificate of the service, the name of the server; files that change; faults at the start.
 */
import { assert, describe, it } from "@effect/vitest"
import { issue, makeRedis, rootCa } from "@posh/testing"
import { Effect } from "effect"
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { toServerName } from "../../src/redis/connection/sockets.ts"
import { run } from "../process/processes.ts"
import { type Answer, makeFakeRedis, ordinary } from "./fakeRedis.ts"
import { replica, said, until } from "./replica.ts"
import { association, keyOf } from "./things.ts"

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "posh-redis-tls-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true }))
)

/** Writes the files by renaming, as renewal tools do. */
const write = (path: string, files: Readonly<Record<string, string>>) =>
  Effect.promise(async () => {
    for (const [name, text] of Object.entries(files)) {
      await writeFile(join(path, `${name}.new`), text)
      await rename(join(path, `${name}.new`), join(path, name))
    }
  })

const world = Effect.gen(function*() {
  const ca = yield* rootCa({ subject: "CN=Redis CA" })
  const server = yield* issue(ca, { dnsNames: ["redis.internal"] })
  const client = yield* issue(ca, { dnsNames: ["posh-1"] })
  const stranger = yield* issue(yield* rootCa({ subject: "CN=Another CA" }), { dnsNames: ["posh-1"] })
  const path = yield* folder
  yield* write(path, {
    "ca.pem": ca.pem,
    "cert.pem": client.pem,
    "key.pem": client.keyPem,
    "strange.pem": stranger.pem,
    "strange-key.pem": stranger.keyPem
  })
  const redis = yield* makeRedis({ tls: { cert: server.pem, key: server.keyPem, ca: ca.pem, clients: "required" } })
  const file = (name: string) => join(path, name)
  const env = {
    POSH_REDIS_URL: `rediss://127.0.0.1:${redis.port}`,
    POSH_REDIS_TIMEOUT: "1s",
    POSH_REDIS_CA_FILE: file("ca.pem"),
    POSH_REDIS_CERT_FILE: file("cert.pem"),
    POSH_REDIS_KEY_FILE: file("key.pem"),
    POSH_REDIS_SERVER_NAME: "redis.internal"
  }
  return { ca, client, env, file, path, redis, stranger }
})

describe("a Redis that wants certificates of a CA of its own", () => {
  it.live("is used with the four settings; without one of them the log says why", () =>
    Effect.gen(function*() {
      const { env, file } = yield* world
      const { lines, state, store } = yield* replica(env)
      assert.strictEqual(yield* state, "ready", JSON.stringify(lines))
      assert.isTrue(yield* store.putAssociation(keyOf("a"), association(keyOf("a"))))

      const without: ReadonlyArray<readonly [why: RegExp, changed: Readonly<Record<string, string>>]> = [
        [/CERTIFICATE_REQUIRED|ECONNRESET/, { POSH_REDIS_CERT_FILE: "", POSH_REDIS_KEY_FILE: "" }],
        [/SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO/, { POSH_REDIS_CA_FILE: "" }],
        [/ERR_TLS_CERT_ALTNAME_INVALID/, { POSH_REDIS_SERVER_NAME: "" }],
        [/ERR_TLS_CERT_ALTNAME_INVALID/, { POSH_REDIS_SERVER_NAME: "redis.example" }],
        [/UNKNOWN_CA|ECONNRESET/, {
          POSH_REDIS_CERT_FILE: file("strange.pem"),
          POSH_REDIS_KEY_FILE: file("strange-key.pem")
        }]
      ]
      for (const [why, changed] of without) {
        const other = yield* replica({ ...env, ...changed })
        assert.strictEqual(yield* other.state, "degraded")
        yield* until("it is named", Effect.sync(() => said(other.lines, "No connection to Redis").length > 0))
        assert.match(said(other.lines, "No connection to Redis", "why").join(), why)
      }
    }), 40_000)

  it.live(
    "files that change are used without losing a command, and what is unusable is not",
    () =>
      Effect.gen(function*() {
        const { ca, env, path, redis, stranger } = yield* world
        const { lines, state, store } = yield* replica(env)
        const has = (message: RegExp) => Effect.sync(() => lines.some((line) => message.test(line.message)))
        const clients = Effect.map(
          redis.command("CLIENT", "LIST"),
          (list) => [...String(list).matchAll(/^id=(\d+) .* name=posh /gm)].map(([, id]) => id)
        )
        const before = yield* clients
        assert.strictEqual(before.length, 2)

        // Questions go on meanwhile.
        const failures: Array<string> = []
        yield* Effect.forkChild(Effect.forever(Effect.gen(function*() {
          const { away } = yield* store.get(keyOf("nobody"))
          if (away === true) failures.push("away")
          yield* Effect.sleep("5 millis")
        })))
        const renewed = yield* issue(ca, { dnsNames: ["posh-1"] })
        yield* write(path, { "cert.pem": renewed.pem })
        yield* until("half of them is named", has(/^POSH_REDIS_CERT_FILE, POSH_REDIS_KEY_FILE: are not a pair; TLS/))
        yield* write(path, { "key.pem": renewed.keyPem })
        yield* until("both are used", has(/^TLS to Redis has new files$/))
        yield* until("all is well", Effect.map(state, (now) => now === "ready"))
        yield* until(
          "on new connections",
          Effect.map(clients, (now) => now.length === 2 && now.every((id) => !before.includes(id)))
        )
        assert.deepStrictEqual(failures, [])

        // A certificate that Redis does not accept: the connection that works stays.
        yield* write(path, { "cert.pem": stranger.pem, "key.pem": stranger.keyPem })
        yield* until("it is named", has(/no connection with them yet: the old one stays$/))
        assert.strictEqual(yield* state, "ready")
        assert.deepStrictEqual(failures, [])
        yield* write(path, { "cert.pem": "nonsense" })
        yield* until("it is named", has(/cert\.pem holds no PEM certificate; TLS to Redis stays as it was$/))
        yield* write(path, { "cert.pem": renewed.pem, "key.pem": renewed.keyPem })
        yield* until("it is mended", Effect.sync(() => said(lines, "TLS to Redis has new files").length === 2))
      }),
    40_000
  )
})

describe("at the start one line names the variable", () => {
  const rows: ReadonlyArray<readonly [name: string, env: Readonly<Record<string, string>>, fault: RegExp]> = [
    ["no file", { POSH_REDIS_CA_FILE: "/nowhere/ca.pem" }, /^posh: POSH_REDIS_CA_FILE: cannot read \/nowhere\/ca\.pem/],
    ["a key as CA", { POSH_REDIS_CA_FILE: "key.pem" }, /^posh: POSH_REDIS_CA_FILE: \S+ /],
    [
      "a certificate as key",
      { POSH_REDIS_KEY_FILE: "cert.pem" },
      /^posh: POSH_REDIS_KEY_FILE: \S+ holds no PEM private/
    ],
    [
      "another key",
      { POSH_REDIS_KEY_FILE: "strange-key.pem" },
      /^posh: POSH_REDIS_CERT_FILE, POSH_REDIS_KEY_FILE: are not/
    ],
    ["a blank before a certificate", { POSH_REDIS_CERT_FILE: "blank.pem" }, /^posh: POSH_REDIS_CERT_FILE: /]
  ]
  it.live.each(rows)("%s", ([, changed, fault]) =>
    Effect.gen(function*() {
      const { client, env, file, path } = yield* world
      yield* write(path, { "blank.pem": client.pem.replace("\n", "\n\n ") })
      const changes = Object.entries(changed).map((
        [name, value]
      ) => [name, value.startsWith("/") ? value : file(value)])
      const { ended, output } = yield* run({ ...env, ...Object.fromEntries(changes) })
      assert.strictEqual(yield* Effect.promise(() => ended), 1)
      assert.match(output.stderr, fault)
      assert.strictEqual(output.stderr.trim().split("\n").length, 1, output.stderr)
    }), 120_000)
})

describe("the server name (SNI) in TLS to Redis", () => {
  const names: ReadonlyArray<readonly [host: string, name: string | undefined]> = [
    ["redis.example", "redis.example"],
    ["redis.example.", "redis.example"], // RFC 6066 §3: without a trailing dot
    ["redis_1", "redis_1"],
    ["192.0.2.7", undefined],
    ["2001:db8::7", undefined],
    ["fe80::1%eth0", undefined],
    ["", undefined]
  ]
  it.each(names)("of %s", (host, name) => assert.strictEqual(toServerName(host), name))

  const nothing = ordinary(() => null)
  /** A node of a cluster, whose nodes have a name. */
  const node: Answer = ordinary((words, port) => {
    const [command, sub] = words.map((word) => word.toUpperCase())
    if (command !== "CLUSTER") return null
    return sub === "SLOTS" ? [[0, 16_383, ["localhost", port, "a"]]] : "cluster_state:ok\r\n"
  })
  /** A sentinel that names a master, and that master. */
  const sentinel: Answer = ordinary((words, port) => {
    const [command, sub] = words.map((word) => word.toLowerCase())
    if (command !== "sentinel") return null
    return sub === "get-master-addr-by-name" ? ["localhost", String(port)] : []
  })

  interface Row {
    readonly name: string
    readonly answer: Answer
    readonly url: (port: number) => string
    readonly env?: Readonly<Record<string, string>>
    /** Of the connections that were opened, in any order. */
    readonly expected: ReadonlyArray<string | undefined>
  }
  const rows: ReadonlyArray<Row> = [
    { name: "is the host", answer: nothing, url: (port) => `rediss://localhost:${port}`, expected: ["localhost"] },
    {
      name: "is not an IP address",
      answer: nothing,
      url: (port) => `rediss://127.0.0.1:${port}`,
      expected: [undefined]
    },
    {
      name: "is the one that is set",
      answer: nothing,
      url: (port) => `rediss://127.0.0.1:${port}`,
      env: { POSH_REDIS_SERVER_NAME: "redis.internal" },
      expected: ["redis.internal"]
    },
    {
      name: "is the host of the node, in a cluster",
      answer: node,
      url: (port) => `rediss://127.0.0.1:${port}`,
      env: { POSH_REDIS_MODE: "cluster" },
      expected: [undefined, "localhost"]
    },
    {
      name: "is the host of the sentinel, and that of the master",
      answer: sentinel,
      url: (port) => `rediss://127.0.0.1:${port}?name=posh`,
      env: { POSH_REDIS_MODE: "sentinel" },
      expected: [undefined, "localhost"]
    },
    {
      name: "is the one that is set, for sentinel and master",
      answer: sentinel,
      url: (port) => `rediss://localhost:${port}?name=posh`,
      env: { POSH_REDIS_MODE: "sentinel", POSH_REDIS_SERVER_NAME: "redis.internal" },
      expected: ["redis.internal"]
    }
  ]
  for (const row of rows) {
    it.live(row.name, () =>
      Effect.gen(function*() {
        const ca = yield* rootCa()
        const server = yield* issue(ca, { dnsNames: ["localhost", "redis.internal"], ipAddresses: ["127.0.0.1"] })
        const path = yield* folder
        yield* write(path, { "ca.pem": ca.pem })
        const fake = yield* makeFakeRedis(row.answer, { tls: { cert: server.pem, key: server.keyPem } })
        yield* replica({
          POSH_REDIS_URL: row.url(fake.port),
          POSH_REDIS_TIMEOUT: "1s",
          POSH_REDIS_CA_FILE: join(path, "ca.pem"),
          ...row.env
        })
        yield* until("a command arrives", Effect.sync(() => fake.commands.includes("PING")))
        assert.sameMembers([...new Set(fake.serverNames)], [...row.expected])
      }), 120_000)
  }
})

describe("a Unix socket", () => {
  for (const scheme of ["unix", "redis+unix"]) {
    it.live(`${scheme}: is used, with user, password and database`, () =>
      Effect.gen(function*() {
        const redis = yield* makeRedis({ users: ["app on >p%40ss ~* &* +@all"] })
        const { lines, state, store } = yield* replica({
          POSH_REDIS_URL: `${scheme}://app:p%2540ss@${encodeURI(redis.socket)}?db=5`
        })
        assert.strictEqual(yield* state, "ready", JSON.stringify(lines))
        yield* store.putAssociation(keyOf("a"), association(keyOf("a")))
        assert.match(String(yield* redis.command("INFO", "keyspace")), /db5:keys=/)
        assert.deepStrictEqual(said(lines, "Connected to Redis", "redis"), [redis.socket])
      }), 120_000)
  }
})
