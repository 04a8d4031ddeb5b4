/**
 * The arguments of the service, as a process. Nothing but a start without arguments listens.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { existsSync, writeFileSync } from "node:fs"
import { productVersion } from "../../src/process/version.ts"
import { certificates, makeFolder } from "../access/world.ts"
import { main, run, silentOrigin } from "./processes.ts"

interface Row {
  readonly args: ReadonlyArray<string>
  readonly env?: Readonly<Record<string, string>>
  readonly code: number
  readonly stdout?: RegExp
  readonly stderr?: RegExp
}

const rows: Readonly<Record<string, Row>> = {
  "--help tells the arguments, and where the settings are": {
    args: ["--help"],
    code: 0,
    stdout: /posh-server \[flags\][^]*--check-config[^]*--version/
  },
  "--version": { args: ["--version"], code: 0, stdout: new RegExp(`\\bv${productVersion.replaceAll(".", "\\.")}\n$`) },
  "--completions prints a script for a shell": {
    args: ["--completions", "bash"],
    code: 0,
    stdout: /--check-config[^]*complete .*posh-server/
  },
  "an unknown argument is refused": { args: ["serve"], code: 1, stderr: /Unexpected[^\n]*"serve"/ },
  "an unknown option is refused": { args: ["--port=8080"], code: 1, stderr: /Unrecognized flag: --port/ },
  "an argument too many is refused": { args: ["--check-config", "x"], code: 1, stderr: /Unexpected[^\n]*"x"/ },
  "a good configuration is OK": { args: ["--check-config"], code: 0, stdout: /^OK\n$/ },
  "the variables of Kubernetes are no settings, and named": {
    args: ["--check-config"],
    env: { POSH_PORT: "tcp://10.96.0.12:8080", POSH_SERVICE_HOST: "10.96.0.12", POSH_PROT: "1" },
    code: 0,
    stdout: /^OK\n$/,
    stderr:
      /^posh: warning: POSH_PORT: [^\n]*enableServiceLinks: false[^\n]*\nposh: warning: POSH_PROT [^\n]*did you mean POSH_PORT\?\n$/
  },
  "every fault of the variables has a line": {
    args: ["--check-config"],
    env: { POSH_PORT: "tcp://posh:8080", POSH_CACHE_SECRET: "short" },
    code: 1,
    stderr: /^posh: POSH_PORT: must [^\n]*\nposh: POSH_CACHE_SECRET: [^\n]*\n$/
  },
  "every file that a variable names is read": {
    args: ["--check-config"],
    env: {
      POSH_EXTRA_CA_FILE: "/none.pem",
      POSH_API_KEYS_FILE: main,
      POSH_TLS_CERT_FILE: "/none/cert",
      POSH_TLS_KEY_FILE: "/none/key"
    },
    code: 1,
    stderr:
      /^posh: POSH_EXTRA_CA_FILE: cannot read [^\n]*\nposh: POSH_API_KEYS_FILE: line 1: [^\n]*\nposh: POSH_TLS_CERT_FILE: cannot read [^\n]*\n$/
  },
  "roots that are none, and a decision log that cannot be written": {
    args: ["--check-config"],
    env: { POSH_EXTRA_CA_FILE: main, POSH_DECISION_LOG: "/none/decisions" },
    code: 1,
    stderr: /^posh: POSH_EXTRA_CA_FILE: [^\n]*\nposh: POSH_DECISION_LOG: cannot open \/none\/decisions \(ENOENT\)\n$/
  },
  "a decision log that is a folder": {
    args: ["--check-config"],
    env: { POSH_DECISION_LOG: "/usr" },
    code: 1,
    stderr: /^posh: POSH_DECISION_LOG: cannot open \/usr \(EISDIR\)\n$/
  }
}

describe("the command line", () => {
  for (const [name, { args, code, env, stderr = /^$/, stdout = /^/ }] of Object.entries(rows)) {
    it.live(name, () =>
      Effect.gen(function*() {
        const { ended, output } = yield* run(env ?? {}, args)
        assert.strictEqual(yield* Effect.promise(() => ended), code, output.stderr)
        assert.match(output.stdout, stdout)
        assert.match(output.stderr, stderr)
        assert.notInclude(output.stdout, "listening")
      }).pipe(Effect.scoped))
  }

  it.live("--check-config listens nowhere, connects to nothing and writes nothing", () =>
    Effect.gen(function*() {
      const path = yield* makeFolder
      writeFileSync(path("cert"), certificates.server.pem)
      writeFileSync(path("key"), certificates.server.keyPem, { mode: 0o600 })
      const inUse = yield* silentOrigin
      const { ended, output } = yield* run({
        POSH_PORT: String(inUse.port),
        POSH_REDIS_URL: `redis://127.0.0.1:${inUse.port}`,
        POSH_CACHE_SECRET: "s".repeat(32),
        POSH_TLS_CERT_FILE: path("cert"),
        POSH_TLS_KEY_FILE: path("key"),
        POSH_DECISION_LOG: path("decisions")
      }, ["--check-config"])
      assert.strictEqual(yield* Effect.promise(() => ended), 0)
      assert.deepStrictEqual(output, { stdout: "OK\n", stderr: "" })
      assert.isFalse(existsSync(path("decisions")))
      assert.isFalse(inUse.reached())
    }).pipe(Effect.scoped))
})
