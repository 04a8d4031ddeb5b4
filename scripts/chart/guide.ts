/**
 * The commands of docs/guides/kubernetes.md, in their order, without a cluster: `kubectl create` only prints, `helm upgrade` only
 * renders, and whatever else `kubectl` is asked is read by its own parser. What is rendered must find its files in the Secrets
 * that were made.
 */
import { spawnSync } from "node:child_process"
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parse, stringify } from "yaml"
import { type Block, blocksOf, isDocumented } from "../../packages/testing/src/documented/commands.ts"
import { helmPath, kubectlPath } from "./helm.ts"
import { type Deployment, isDeployment } from "./manifests.ts"
import { type Manifest, toManifests } from "./structure.ts"

export interface GuideRun {
  readonly breaches: ReadonlyArray<string>
  /** What is rendered after each block of values, by name. */
  readonly sets: ReadonlyMap<string, ReadonlyArray<Manifest>>
}

const guide = "docs/guides/kubernetes.md"

export const runGuide = (): GuideRun => {
  const folder = mkdtempSync(join(tmpdir(), "posh-guide-"))
  try {
    return runBlocks(blocksOf(guide), folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const runBlocks = (blocks: ReadonlyArray<Block>, folder: string): GuideRun => {
  const { run, secrets } = makeShell(folder)
  const upgrade = blocks.find(({ text }) => text.startsWith("helm upgrade"))?.text ?? "false"
  const breaches: Array<string> = []
  const sets = new Map<string, ReadonlyArray<Manifest>>()
  let values: Values = {}
  for (const [index, { kind, text }] of blocks.entries()) {
    if (kind !== "sh" && kind !== "yaml") continue
    if (kind === "yaml") {
      values = merged(values, parse(text))
      writeFileSync(join(folder, "values.yaml"), stringify(values))
    }
    // "Run `helm upgrade` again after each change."
    const { output, status } = run(kind === "yaml" ? upgrade : text)
    const answer = blocks[index + 1]
    if (status !== 0 || (answer?.kind === "text" && !isDocumented(output, answer.text))) {
      breaches.push(`${guide}: ${text}${output}`)
    } else if (kind === "yaml") {
      const manifests = toManifests(output)
      sets.set(`guide-${sets.size + 1}`, manifests)
      breaches.push(...missingFiles(manifests, secrets()).map((breach) => `${guide}: ${text}${breach}`))
    }
  }
  return { breaches, sets }
}

type Values = Readonly<Record<string, unknown>>

const merged = (left: Values, right: Values): Values => ({
  ...left,
  ...Object.fromEntries(
    Object.entries(right).map(([name, value]) => {
      const before = left[name]
      return [name, isValues(before) && isValues(value) ? merged(before, value) : value]
    })
  )
})

const isValues = (value: unknown): value is Values =>
  typeof value === "object" && value !== null && !Array.isArray(value)

interface Secret extends Manifest {
  readonly data: Readonly<Record<string, string>>
}

const makeShell = (folder: string) => {
  const [bin, made] = [join(folder, "bin"), join(folder, "made")]
  mkdirSync(bin)
  mkdirSync(made)
  const program = (name: string, script: string) => {
    writeFileSync(join(bin, name), `#!/bin/sh\nset -eu\n${script}`)
    chmodSync(join(bin, name), 0o755)
  }
  program(
    "kubectl",
    `next=${made}/$(ls ${made} | wc -l).yaml
case " $* " in
  *" create "*" --dry-run"*) exec ${kubectlPath()} "$@" ;;
  *" create "*) exec ${kubectlPath()} "$@" --dry-run=client --output yaml > "$next" ;;
  *" apply "*) ${kubectlPath()} "$@" --help > /dev/null && exec cat > "$next" ;;
  *) exec ${kubectlPath()} "$@" --help > /dev/null ;;
esac
`
  )
  program(
    "helm",
    `[ "$1 $2" = "upgrade --install" ] || exec ${helmPath()} "$@"
shift 2
exec ${helmPath()} template "$@"
`
  )
  const run = (script: string) => {
    const env = { ...process.env, CONF: folder, PATH: `${bin}:${process.env["PATH"]}` }
    const { status, stderr, stdout } = spawnSync("sh", ["-eu", "-c", script], { encoding: "utf8", env })
    return { status, output: status === 0 ? stdout : `${stdout}${stderr}` }
  }
  /** As they are by now, by name; of each the last one. */
  const secrets = (): ReadonlyMap<string, Secret> =>
    new Map(
      readdirSync(made).map(Number.parseFloat).toSorted((left, right) => left - right)
        .flatMap((number) => toManifests(readFileSync(join(made, `${number}.yaml`), "utf8")))
        .filter((manifest): manifest is Secret => manifest.kind === "Secret")
        .map((secret) => [secret.metadata.name, secret])
    )
  return { run, secrets }
}

/** Keys that a volume takes of a Secret which the guide has made, and which are not in it. */
const missingFiles = (
  manifests: ReadonlyArray<Manifest>,
  secrets: ReadonlyMap<string, Secret>
): ReadonlyArray<string> =>
  volumesOf(manifests.find(isDeployment)).flatMap(({ secret }) => {
    const made = secret === undefined ? undefined : secrets.get(secret.secretName)
    return made === undefined || secret === undefined
      ? []
      : secret.items.filter(({ key }) => made.data[key] === undefined)
        .map(({ key }) => `the Secret ${secret.secretName} has no ${key}`)
  })

const volumesOf = (deployment: Deployment | undefined) => deployment?.spec.template.spec.volumes ?? []
