/**
 * The guide to generated clients: its commands as they stand there, over its programs. Each makes a client of the OpenAPI document,
 * compiles it and asks a real service with it.
 */
import { assert, beforeAll, layer } from "@effect/vitest"
import { greenhouse } from "@posh/testing"
import { Effect } from "effect"
import { execFile, spawnSync } from "node:child_process"
import { X509Certificate } from "node:crypto"
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { bearer, ContractWorld } from "../../../apps/server/test/contract/world.ts"
import { commandsOf } from "../../../packages/testing/src/documented/commands.ts"
import { ensureInstalled, ensureRuns } from "../../../packages/testing/src/tools.ts"
import { openApiTools, root } from "./tools.ts"

const page = "docs/guides/clients/openapi.md"
const commands = commandsOf(page)
const programs = join(root, "scripts/openapi/clients")

interface Language {
  readonly name: string
  /** The heading of its section. */
  readonly program: string
  readonly fence: string
  /** How the program is run, once it is compiled: the end of its last command. */
  readonly run: RegExp
}

const languages: ReadonlyArray<Language> = [
  { name: "Python", program: "ask.py", fence: "python", run: /PYTHONPATH=.*/ },
  { name: "Go", program: "ask.go", fence: "go", run: /\.\/ask .*/ },
  { name: "Java", program: "Ask.java", fence: "java", run: /java -cp .*/ }
]

const text = readFileSync(join(root, page), "utf8")

/** The commands of the section of a language. */
const sectionOf = ({ name }: Language) => {
  const from = text.slice(0, text.indexOf(`\n## ${name}\n`)).split("\n").length
  const to = text.slice(0, text.indexOf("\n## ", text.indexOf(`\n## ${name}\n`) + 1)).split("\n").length
  return commands.filter(({ line }) => line > from && line < to)
}

const folder = mkdtempSync(join(tmpdir(), "posh-generated-"))

/** Shell in the folder, where the guide is read. */
const shell = (script: string, env: Readonly<Record<string, string>>) =>
  Effect.callback<{ readonly code: number; readonly stdout: string; readonly stderr: string }>((resume) => {
    const options = {
      cwd: folder,
      env: {
        ...process.env,
        ...env,
        PATH: [join(folder, "bin"), join(openApiTools(), "node_modules/.bin"), process.env["PATH"]].join(":"),
        JAVA_TOOL_OPTIONS: "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC", // half the time, for what runs for two seconds
        LIBRARIES: `${join(folder, "libraries")}:${generatorJar()}`,
        no_proxy: "127.0.0.1"
      }
    }
    execFile(
      "sh",
      ["-eu", "-c", script],
      options,
      (error, stdout, stderr) =>
        resume(Effect.succeed({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }))
    )
  })

/** It has in it what the Java client needs, but for the one class below. */
const generatorJar = (): string =>
  join(openApiTools(), "node_modules/@openapitools/openapi-generator-cli/bin/openapi-generator.jar")

const installJava = (): void => {
  ensureInstalled("java", "-version", "default-jre-headless")
  if (spawnSync("javac", ["-version"]).status === 0) return
  // The compiler of Eclipse runs without a JDK, which is seventy megabytes more.
  ensureInstalled("ecj", "-version")
  writeFileSync(join(folder, "bin/javac"), "#!/bin/sh\nexec ecj -11 -nowarn \"$@\"\n")
  chmodSync(join(folder, "bin/javac"), 0o755)
}

layer(ContractWorld.layer, { excludeTestServices: true, timeout: 300_000 })("a generated client", (it) => {
  beforeAll(() => {
    mkdirSync(join(folder, "bin"))
    openApiTools()
    installJava()
    ensureInstalled("go", "version", "golang-go")
    ensureRuns("oauth2 for Go", ["test", "-d", "/usr/share/gocode/src/golang.org/x/oauth2"], [
      "golang-golang-x-oauth2-dev"
    ])
    ensureRuns("libraries of Python", ["/usr/bin/python3", "-c", "import urllib3, six, certifi, dateutil"], [
      "python3-urllib3",
      "python3-six",
      "python3-certifi",
      "python3-dateutil"
    ])
    symlinkSync("/usr/bin/python3", join(folder, "bin/python3"))
    cpSync(join(root, "packages/api/openapi-3.0.json"), join(folder, "openapi-3.0.json"))
    for (const { program } of languages) cpSync(join(programs, program), join(folder, program))
    writeFileSync(join(folder, "server.pem"), new X509Certificate(greenhouse.current).toString())
    return () => rmSync(folder, { recursive: true })
  }, 600_000)

  it("has programs in the guide as they are run here", () => {
    for (const { fence, program } of languages) {
      const [, shown] = new RegExp(`^\`\`\`${fence}\\n([\\s\\S]*?)^\`\`\`$`, "m").exec(text) ?? []
      assert.strictEqual(shown, readFileSync(join(programs, program), "utf8"), program)
    }
    assert.strictEqual(languages.flatMap(sectionOf).length, commands.length)
  })

  for (const language of languages) {
    it.effect(`${language.name}: compiles, is answered, and takes nothing else for a yes`, () =>
      Effect.gen(function*() {
        const { baseUrl } = yield* ContractWorld
        const env = { POSH: baseUrl, KEY: bearer("verify").authorization.replace("Bearer ", "") }
        if (language.name === "Java") {
          const stub = join(programs, "JsonNullableModule.java")
          const made = yield* shell(`javac -proc:none -d libraries -cp "$LIBRARIES" ${stub}`, env)
          assert.strictEqual(made.code, 0, made.stderr)
        }
        for (const { answer, script } of sectionOf(language)) {
          const { code, stderr, stdout } = yield* shell(script, env)
          assert.strictEqual(code, 0, `${script}${stdout.slice(-2_000)}${stderr.slice(-2_000)}`)
          if (answer !== undefined) assert.strictEqual(stdout, answer.text)
        }
        const run = language.run.exec(sectionOf(language).at(-1)?.script ?? "")?.[0] ?? ""
        const outcomes = yield* Effect.all({
          silent: shell(run.replace("chat.orchard.example", "quiet.example"), env),
          unknownKey: shell(run, { ...env, KEY: "0123456789abcdef0123" }),
          refused: shell(run.replace("chat.orchard.example", "192.0.2.7"), env),
          nobody: shell(run, { ...env, POSH: "http://127.0.0.1:1" })
        })
        assert.deepInclude(outcomes.silent, { code: 1, stdout: "NotPublished\n" })
        assert.deepInclude(outcomes.unknownKey, { code: 1, stdout: "" })
        assert.include(outcomes.unknownKey.stderr, "no verdict: 401")
        assert.include(outcomes.refused.stderr, "no verdict: 400")
        assert.deepInclude(outcomes.nobody, { code: 1, stdout: "" })
      }))
  }
})
