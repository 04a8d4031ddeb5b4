/**
 * Writes the files that are generated from code, so that prose and code cannot differ. With `--check` it compares
 * instead, and names the stale files.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { apiReference } from "./generated/api.ts"
import { chartReadme, chartRules } from "./generated/chart.ts"
import { configurationReference } from "./generated/configuration.ts"
import { dashboard } from "./generated/dashboard.ts"
import { errorsReference } from "./generated/errors.ts"
import { metricsReference } from "./generated/metrics.ts"
import { openApiDocument } from "./generated/openApi.ts"
import { openApi30Document } from "./generated/openApi30.ts"
import { protobufSources } from "./generated/protobuf.ts"
import { traceabilityFile, traceabilityTable } from "./generated/traceability.ts"

interface Producer {
  /** Path from the root of the repository. */
  readonly file: string
  readonly content: () => string
}

const producers: ReadonlyArray<Producer> = [
  { file: "packages/api/openapi.json", content: openApiDocument },
  { file: "packages/api/openapi-3.0.json", content: openApi30Document },
  { file: "docs/reference/configuration.md", content: configurationReference },
  { file: "docs/reference/errors.md", content: errorsReference },
  { file: "docs/reference/api.md", content: apiReference },
  { file: "docs/reference/metrics.md", content: metricsReference },
  { file: "docker/grafana/posh.json", content: dashboard },
  { file: "deploy/helm/posh/README.md", content: chartReadme },
  { file: "deploy/helm/posh/files/rules.yml", content: chartRules },
  { file: traceabilityFile, content: traceabilityTable },
  ...[...protobufSources()].map(([file, content]) => ({ file, content: () => content }))
]

const root = join(import.meta.dirname, "..")

const current = (file: string): string | undefined => {
  try {
    return readFileSync(join(root, file), "utf8")
  } catch {
    return undefined // not written yet
  }
}

const write = ({ content, file }: Producer): void => {
  mkdirSync(dirname(join(root, file)), { recursive: true })
  writeFileSync(join(root, file), content())
  console.log(`wrote ${file}`)
}

if (process.argv.includes("--check")) {
  const stale = producers.filter(({ content, file }) => current(file) !== content())
  for (const { file } of stale) console.error(`${file} is out of date: run npm run generate`)
  if (stale.length > 0) process.exitCode = 1
} else {
  producers.forEach(write)
}
