/**
 * `npm run check:chart`: lints and renders `deploy/helm/posh` with a real Helm for each file of values in its folder `ci`, and
 * checks the manifests: against Kubernetes' types, against each other, and against the settings of the service. Runs the commands
 * of docs/guides/kubernetes.md as far as they need no cluster. What must be refused is. Fetches its tools once.
 */
import { existsSync, mkdirSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { runGuide } from "./chart/guide.ts"
import { runHelm } from "./chart/helm.ts"
import { manifestBreaches } from "./chart/manifests.ts"
import { refused } from "./chart/refused.ts"
import { type Manifest, structureBreaches, toManifests } from "./chart/structure.ts"
import { cache } from "./chart/tools.ts"

const chart = "deploy/helm/posh"
if (!existsSync(cache)) mkdirSync(cache, { recursive: true })

const render = (valuesFile: string): ReadonlyArray<Manifest> | string => {
  const options = ["--strict", chart, "--values", valuesFile]
  const lint = runHelm("lint", ...options)
  if (!lint.isDone) return lint.output + lint.errors
  const rendered = runHelm("template", "posh", chart, "--namespace", "posh", "--values", valuesFile)
  if (!rendered.isDone) return rendered.errors
  return toManifests(rendered.output)
}

const breaches: Array<string> = []
const sets = new Map<string, ReadonlyArray<Manifest>>()
for (const file of readdirSync(join(chart, "ci")).toSorted()) {
  const manifests = render(join(chart, "ci", file))
  if (typeof manifests === "string") {
    breaches.push(`${file}: ${manifests}`)
    continue
  }
  sets.set(file.replace(/-values\.yaml$/, ""), manifests)
}

const guide = runGuide()
breaches.push(...guide.breaches)
for (const [name, manifests] of guide.sets) sets.set(name, manifests)

for (const [name, manifests] of sets) {
  breaches.push(...manifestBreaches(manifests).map((breach) => `${name}: ${breach}`))
}
breaches.push(...structureBreaches(sets))

for (const [values, says] of refused) {
  const { errors, isDone } = runHelm("template", "posh", chart, ...values.flatMap((value) => ["--set", value]))
  if (isDone) breaches.push(`${values.join(", ")} is not refused`)
  else if (!says.test(errors)) breaches.push(`${values.join(", ")} is refused, but not by ${says}: ${errors}`)
}

for (const breach of breaches) console.error(breach)
console.log(
  breaches.length === 0
    ? `chart: ok (${sets.size} sets of values, ${[...sets.values()].flat().length} manifests)`
    : `chart: ${breaches.length} breached`
)
process.exitCode = breaches.length === 0 ? 0 : 1
