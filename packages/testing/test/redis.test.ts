import { assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import type { Scope } from "effect"
import { spawn } from "node:child_process"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { connect as connectTls } from "node:tls"
import { ensureInstalled, issue, makeRedis, makeRedisCluster, makeSentinel, rootCa } from "../src/index.ts"
import type { RedisOptions, RedisServer } from "../src/index.ts"
import { until } from "../src/redis/waiting.ts"

/** A dead child whose parent has not yet looked is no process any more. */
const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  return !existsSync(`/proc/${pid}/stat`) || !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, "utf8"))
}

const refusal = (server: RedisServer, ...words: ReadonlyArray<string>) =>
  Effect.map(Effect.flip(server.command(...words)), ({ message, reason }) => `${reason}: ${message}`)

/** What a client without any library gets on the server's own port. */
const ask = (server: RedisServer, line: string, tls?: { readonly ca: string }) =>
  Effect.callback<string>((resume) => {
    const { port } = server
    const socket = tls === undefined
      ? connect(port, "127.0.0.1")
      : connectTls({ port, host: "127.0.0.1", servername: "redis.example", ca: tls.ca })
    socket.once("data", (octets: Buffer) => resume(Effect.succeed(octets.toString())))
    socket.once("error", ({ message }) => resume(Effect.succeed(message)))
    if (line !== "") socket.write(`${line}\r\n`)
    return Effect.sync(() => socket.destroy())
  }).pipe(Effect.timeoutOrElse({ duration: "300 millis", orElse: () => Effect.succeed("silence") }))

/** Runs it, and gives the processes that it had: they must be gone. */
const assertGone = <E>(test: (note: (server: RedisServer) => void) => Effect.Effect<void, E, Scope.Scope>) =>
  Effect.gen(function*() {
    const pids: Array<number> = []
    const exit = yield* Effect.exit(Effect.scoped(test((server) => {
      assert.isTrue(isRunning(server.pid))
      pids.push(server.pid)
    })))
    assert.isNotEmpty(pids)
    assert.deepStrictEqual(pids.filter(isRunning), [])
    return yield* exit
  })

beforeAll(() => ensureInstalled("redis-server", "--version"), 300_000)

const answers: ReadonlyArray<readonly [name: string, options: RedisOptions, line: string, answer: string]> = [
  ["without options", {}, "PING", "+PONG\r\n"],
  ["with a password", { password: "p w" }, "PING", "-NOAUTH Authentication required.\r\n"],
  ["with a password, given", { password: "secret" }, "AUTH secret", "+OK\r\n"],
  ["with users", { users: ["default off", "app on >secret ~posh:* +@all"] }, "AUTH app secret", "+OK\r\n"],
  ["with users, and not of them", { users: ["default off"] }, "PING", "-NOAUTH Authentication required.\r\n"],
  ["with maxmemory", { maxmemory: 1 }, "SET a 1", "-OOM command not allowed when used memory > 'maxmemory'.\r\n"],
  ["persisting nothing", {}, "CONFIG GET save", "*2\r\n$4\r\nsave\r\n$0\r\n\r\n"],
  ["with appendonly", { appendonly: true }, "CONFIG GET appendonly", "*2\r\n$10\r\nappendonly\r\n$3\r\nyes\r\n"]
]

describe("makeRedis", () => {
  it.live.each(answers)("answers %s", ([, options, line, answer]) =>
    assertGone((note) =>
      Effect.gen(function*() {
        const server = yield* makeRedis(options)
        note(server)
        assert.strictEqual(yield* ask(server, line), answer)
        assert.strictEqual(yield* server.command("PING"), "PONG")
      })
    ))

  it.live("answers over TLS only", () =>
    Effect.gen(function*() {
      const ca = yield* rootCa()
      const leaf = yield* issue(ca, { dnsNames: ["redis.example"] })
      const server = yield* makeRedis({ tls: { cert: leaf.pem, key: leaf.keyPem, ca: ca.pem }, password: "p/w" })
      assert.strictEqual(server.url, `rediss://:p%2Fw@127.0.0.1:${server.port}`)
      assert.strictEqual(yield* ask(server, "AUTH p/w", { ca: ca.pem }), "+OK\r\n")
      assert.notStrictEqual(yield* ask(server, "AUTH p/w"), "+OK\r\n")
    }))

  it.live("gives replies as values, errors as failures", () =>
    Effect.gen(function*() {
      const server = yield* makeRedis()
      assert.strictEqual(server.url, `redis://127.0.0.1:${server.port}`)
      assert.strictEqual(yield* server.command("SET", "a", Uint8Array.of(0xc3, 0xa4, 13, 10)), "OK")
      assert.strictEqual(yield* server.command("GET", "a"), "ä\r\n")
      assert.strictEqual(yield* server.command("STRLEN", "a"), 4)
      assert.strictEqual(yield* server.command("GET", "none"), null)
      assert.deepStrictEqual(yield* server.command("EVAL", "return {1, {'b', false}, {}}", "0"), [1, ["b", null], []])
      const large = "x".repeat(300_000)
      yield* server.command("SET", "large", large)
      assert.strictEqual(yield* server.command("GET", "large"), large)
      assert.strictEqual(yield* refusal(server, "INCR", "a"), "refused: ERR value is not an integer or out of range")
    }))

  it.live("refuses the client that is one too many", () =>
    Effect.gen(function*() {
      const server = yield* makeRedis({ maxclients: 1 })
      yield* Effect.acquireRelease(
        Effect.callback<ReturnType<typeof connect>>((resume) => {
          const socket = connect(server.port, "127.0.0.1", () => socket.write("PING\r\n"))
          socket.once("data", () => resume(Effect.succeed(socket)))
        }),
        (socket) => Effect.sync(() => socket.destroy())
      )
      assert.strictEqual(yield* ask(server, ""), "-ERR max number of clients reached\r\n")
      assert.isTrue(Exit.isFailure(yield* Effect.exit(server.command("PING"))))
    }))

  it.live("is killed, paused, resumed, stopped and restarted", () =>
    assertGone((note) =>
      Effect.gen(function*() {
        const server = yield* makeRedis({ appendonly: true })
        const { pid, port } = server
        note(server)
        yield* server.command("SET", "a", "1")
        yield* server.pause()
        assert.strictEqual(yield* ask(server, "GET a"), "silence")
        yield* server.resume()
        assert.strictEqual(yield* server.command("GET", "a"), "1")
        yield* server.kill()
        assert.isFalse(isRunning(pid))
        assert.match(yield* ask(server, "PING"), /ECONNREFUSED/)
        assert.match(yield* refusal(server, "PING"), /^unreachable: /)
        yield* server.restart()
        note(server)
        assert.notStrictEqual(server.pid, pid)
        assert.strictEqual(server.port, port)
        assert.strictEqual(yield* ask(server, "GET a"), "$-1\r\n")
        yield* server.restart() // of one that runs
        note(server)
        yield* server.stop()
        assert.isFalse(isRunning(server.pid))
        yield* server.restart()
        note(server)
        yield* server.pause() // and the scope ends
      })
    ))

  it.live("ends with a test that fails, and leaves no folder", () =>
    Effect.gen(function*() {
      const folders = () => readdirSync(tmpdir()).filter((name) => name.startsWith("posh-redis-"))
      const made: Array<string> = []
      const before = new Set(folders())
      const failed = yield* Effect.exit(assertGone((note) =>
        Effect.gen(function*() {
          const server = yield* makeRedis()
          note(server)
          const [, path] = (yield* server.command("CONFIG", "GET", "dir")) as ReadonlyArray<string>
          made.push(...folders().filter((name) => !before.has(name) && path?.includes(name)))
          assert.strictEqual(1, 2)
        })
      ))
      assert.isTrue(Exit.hasDies(failed))
      assert.lengthOf(made, 1)
      assert.notIncludeMembers(folders(), made)
    }))

  it.live("ends even where its owner is killed", () =>
    Effect.gen(function*() {
      const script = `
        import { Effect } from "effect"
        import { makeRedis } from ${JSON.stringify(new URL("../src/redis/Redis.ts", import.meta.url).href)}
        Effect.runFork(Effect.scoped(Effect.flatMap(makeRedis(), ({ pid }) => {
          console.log(pid)
          return Effect.never
        })))`
      const cwd = new URL("..", import.meta.url)
      const owner = spawn(process.execPath, ["--input-type=module", "-e", script], { cwd })
      const pid = yield* Effect.callback<number>((resume) => {
        owner.stdout.once("data", (octets: Buffer) => resume(Effect.succeed(Number(octets.toString()))))
        owner.once("close", () => resume(Effect.die(new Error("the owner has ended"))))
      })
      assert.isTrue(isRunning(pid))
      owner.kill("SIGKILL")
      yield* until("the server is gone", Effect.sync(() => !isRunning(pid)))
    }))
})

describe("makeRedisCluster", () => {
  it.live("answers, and says who has a foreign slot", () =>
    assertGone((note) =>
      Effect.gen(function*() {
        const { masterOf, nodes, ports, urls } = yield* makeRedisCluster()
        nodes.forEach(note)
        assert.lengthOf(nodes, 3)
        assert.deepStrictEqual(urls, ports.map((port) => `redis://127.0.0.1:${port}`))
        // Slots 3300, 7365 and 15495: one of each third.
        for (const [index, key] of ["b", "c", "a"].entries()) {
          const owner = nodes[index]!
          assert.strictEqual((yield* masterOf(key)).port, owner.port)
          assert.strictEqual(yield* owner.command("SET", key, key), "OK")
          for (const other of nodes.filter((node) => node !== owner)) {
            assert.match(yield* refusal(other, "GET", key), new RegExp(`^refused: MOVED \\d+ 127.0.0.1:${owner.port}$`))
          }
        }
      })
    ))

  it.live("puts a replica in the place of a master that is killed", () =>
    assertGone((note) =>
      Effect.gen(function*() {
        const { masterOf, nodes, settled } = yield* makeRedisCluster({ replicas: 1 })
        nodes.forEach(note)
        assert.lengthOf(nodes, 6)
        const master = yield* masterOf("a")
        assert.strictEqual(master, nodes[2])
        yield* master.command("SET", "a", "1")
        assert.strictEqual(yield* master.command("WAIT", "1", "1000"), 1)
        yield* master.kill()
        yield* settled()
        assert.strictEqual(yield* masterOf("a"), nodes[5])
        assert.strictEqual(yield* nodes[5]!.command("GET", "a"), "1")
        yield* master.restart()
        note(master)
        const isReplica = Effect.map(master.command("ROLE"), (role) => Array.isArray(role) && role[0] === "slave")
        yield* until("the old master is a replica", isReplica)
      })
    ))
})

describe("makeSentinel", () => {
  it.live("puts the replica in the place of a master that is killed", () =>
    assertGone((note) =>
      Effect.gen(function*() {
        const { currentMasterPort, master, name, replica, sentinelPorts, sentinels } = yield* makeSentinel()
        const all = [master, replica, ...sentinels]
        all.forEach(note)
        assert.strictEqual(name, "posh")
        assert.strictEqual(new Set([master.port, replica.port, ...sentinelPorts]).size, 5)
        assert.strictEqual(yield* currentMasterPort(), master.port)
        assert.match(yield* refusal(replica, "SET", "a", "1"), /^refused: READONLY/)
        yield* master.command("SET", "a", "1")
        assert.strictEqual(yield* master.command("WAIT", "1", "1000"), 1)
        yield* master.kill()
        yield* until("the replica is the master", Effect.map(currentMasterPort(), (port) => port === replica.port))
        assert.strictEqual(yield* replica.command("GET", "a"), "1")
        assert.strictEqual(yield* replica.command("SET", "a", "2"), "OK")
      })
    ))
})
