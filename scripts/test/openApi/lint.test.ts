/**
 * `packages/api/openapi.json` under the recommended rules of Spectral and of Redocly; the exceptions, with their reasons, are
 * in `scripts/openapi`. Every finding fails, whatever its severity.
 */
import { assert, beforeAll, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { openApiTools, root } from "./tools.ts"

const committed = join(root, "packages/api/openapi.json")
const offline = { REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" }

interface Finding {
  readonly rule: string
  readonly message: string
}

const run = (
  script: string,
  args: ReadonlyArray<string>
): { readonly status: number | null; readonly text: string } => {
  const { status, stderr, stdout } = spawnSync(process.execPath, [
    join(openApiTools(), "node_modules", script),
    ...args
  ], {
    cwd: tmpdir(), // Redocly looks for a configuration in the current folder
    encoding: "utf8",
    env: { ...process.env, ...offline }
  })
  return { status, text: stdout === "" ? stderr : stdout }
}

const redocly = (path: string): ReadonlyArray<Finding> => {
  const config = join(root, "scripts/openapi/redocly.yaml")
  const { text } = run("@redocly/cli/bin/cli.js", ["lint", path, "--config", config, "--format", "json"])
  const { problems } = JSON.parse(text) as { problems: ReadonlyArray<{ ruleId: string; message: string }> }
  return problems.map(({ message, ruleId }) => ({ rule: ruleId, message }))
}

const spectral = (path: string): ReadonlyArray<Finding> => {
  const rules = join(root, "scripts/openapi/spectral.yaml")
  const { text } = run("@stoplight/spectral-cli/dist/index.js", ["lint", path, "-r", rules, "-f", "json", "--quiet"])
  const findings = JSON.parse(text) as ReadonlyArray<{ code: string; message: string; path: ReadonlyArray<string> }>
  return findings.map(({ code, message, path }) => ({ rule: code, message: `${path.join(".")}: ${message}` }))
}

/** The committed document with some words in the place of others. */
const spoilt = (...replaced: ReadonlyArray<readonly [text: string, other: string]>): string => {
  const path = join(folder, "openapi.json")
  writeFileSync(path, replaced.reduce((text, [from, to]) => text.replace(from, to), readFileSync(committed, "utf8")))
  return path
}

const folder = mkdtempSync(join(tmpdir(), "posh-openapi-"))

describe("the OpenAPI document under the recommended rules", () => {
  beforeAll(() => void openApiTools(), 300_000)
  beforeAll(() => () => rmSync(folder, { recursive: true }))

  it("Redocly finds nothing", () => assert.deepStrictEqual(redocly(committed), []))
  it("Spectral finds nothing", () => assert.deepStrictEqual(spectral(committed), []))

  it("both find what is wrong: a yes of theirs means something", () => {
    const path = spoilt(
      ["\"license\": {", "\"x-license\": {"],
      ["\"contact\": {", "\"x-contact\": {"],
      ["\"valid\": true", "\"valid\": \"perhaps\""]
    )
    const rulesOf = (findings: ReadonlyArray<Finding>) => findings.map(({ rule }) => rule)
    assert.includeMembers(rulesOf(redocly(path)), ["info-license", "no-invalid-media-type-examples"])
    assert.includeMembers(rulesOf(spectral(path)), ["info-contact", "oas3-valid-media-example"])
  })
})
