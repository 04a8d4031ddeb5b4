/**
 * The commands of the documentation, run against the demo: each answers as the text says.
 */
import { assert, beforeAll, describe, it } from "@effect/vitest"
import { commandsOf, ensureInstalled } from "@posh/testing"
import { Context, Effect, Layer, Predicate, Stream } from "effect"
import { ChildProcess } from "effect/process"
import { layerNode, startKeptDemo } from "./demo/demoProcess.ts"

const files = ["README.md", "docs/guides/concepts.md", "docs/guides/publish.md", "docs/reference/api.md"]

const commands = files.flatMap(commandsOf).map(({ answer, line, page, script }) => ({
  answer,
  script,
  name: `${page}:${line}`
}))

/** How an answer differs from what is documented. `…` stands for any text; instants and small drifts do not count. */
const differences = (actual: unknown, documented: unknown, path = "answer"): ReadonlyArray<string> => {
  const fault = [`${path} is ${JSON.stringify(actual)}, documented as ${JSON.stringify(documented)}`]
  if (Array.isArray(documented)) {
    return Array.isArray(actual) && actual.length === documented.length
      ? documented.flatMap((element, index) => differences(actual[index], element, `${path}[${index}]`))
      : fault
  }
  if (Predicate.isObject(documented)) {
    return Object.entries(documented).flatMap(([name, value]) =>
      differences(Predicate.hasProperty(actual, name) ? actual[name] : undefined, value, `${path}.${name}`)
    )
  }
  return isAlike(actual, documented) ? [] : fault
}

const instant = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/

const isAlike = (actual: unknown, documented: unknown): boolean => {
  if (typeof actual === "number" && typeof documented === "number") {
    return Math.abs(actual - documented) <= documented / 100
  }
  if (typeof actual === "string" && typeof documented === "string") {
    if (instant.test(documented)) return instant.test(actual)
    const parts = documented.split("…").map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&"))
    return new RegExp(`^${parts.join("[^]+")}$`).test(actual)
  }
  return actual === documented
}

class KeptDemo extends Context.Service<KeptDemo, Effect.Success<typeof startKeptDemo>>()("posh/test/KeptDemo") {}

const run = Effect.fnUntraced(function*(script: string) {
  const { certs, posh } = yield* KeptDemo
  const shell = yield* ChildProcess.make("sh", ["-eu", "-c", script], {
    env: { POSH: posh, CERTS: certs, no_proxy: "127.0.0.1" },
    extendEnv: true,
    stdin: "ignore"
  })
  const [stdout, stderr] = yield* Effect.all(
    [shell.stdout, shell.stderr].map((output) => Stream.mkString(Stream.decodeText(output))),
    { concurrency: "unbounded" }
  )
  assert.strictEqual(yield* shell.exitCode, 0, stderr)
  return stdout ?? ""
}, Effect.scoped)

describe("the commands of the documentation", () => {
  it("are found, each with its answer", () => {
    assert.deepStrictEqual(files.filter((file) => !commands.some(({ name }) => name.startsWith(`${file}:`))), [])
    assert.deepStrictEqual(differences({ a: [1, "x"], b: "y" }, { a: [1, "z"], b: "…" }), [
      `answer.a[1] is "x", documented as "z"`
    ])
  })

  beforeAll(() => {
    ensureInstalled("curl", "--version")
    ensureInstalled("openssl", "version")
  }, 300_000)

  it.layer(Layer.effect(KeptDemo, startKeptDemo).pipe(Layer.provideMerge(layerNode)), {
    excludeTestServices: true,
    timeout: 60_000
  })((it) => {
    it.effect.each(commands)("$name", ({ answer, script }) =>
      Effect.gen(function*() {
        const output = yield* run(script)
        if (answer === undefined) return assert.fail("the command has no answer")
        if (answer.kind === "text") return assert.strictEqual(output, answer.text)
        assert.deepStrictEqual(differences(JSON.parse(output), JSON.parse(answer.text)), [], output)
      }))

    it.effect("as the demo prints them", () =>
      Effect.gen(function*() {
        const { commands: printed } = yield* KeptDemo
        const output = yield* run(printed)
        assert.match(output, /^verified\n\{.*"code":"Verified".*\}\{.*"state":"material".*\}\{"openapi"/s)
        assert.match(output, /"prooftype":"dane".*"tlsa":\{"state":"records"/s)
      }))
  })
})
