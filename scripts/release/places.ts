/** Where the version stands, beside the manifests of the packages. */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"

/** `{}` is the version. */
const places: ReadonlyArray<readonly [file: string, ...texts: ReadonlyArray<string>]> = [
  ["package.json", "\"version\": \"{}\""],
  ["apps/server/src/process/version.ts", "productVersion = \"{}\""],
  ["deploy/helm/posh/Chart.yaml", "\nversion: {}\n", "appVersion: {}\n"],
  ["docker/Dockerfile", "image.version=\"{}\""],
  ["docker/compose.yaml", "image: posh:{}", "image: posh-demo:{}"],
  ["docker/prometheus/rules.test.yml", ",version=\"{}\""],
  ["docs/guides/deploy.md", "`posh:{}`"],
  ["docs/guides/operate.md", "starting posh {} on"],
  ["scripts/image/container.ts", "\"posh:{}\""],
  ["scripts/image/content.ts", "\"posh:{}\""]
]

/** The places that do not name `version`, as `file: text`. */
export const withoutVersion = (root: string, version: string): ReadonlyArray<string> =>
  places.flatMap(([file, ...texts]) => {
    const content = readFileSync(join(root, file), "utf8")
    return texts.map((text) => text.replace("{}", version)).filter((text) => !content.includes(text))
      .map((text) => `${file}: ${text}`)
  })

/** Writes `to` wherever `from` stands. Throws, and writes nothing, where a place does not name `from`. */
export const setVersion = (root: string, from: string, to: string): void => {
  const missing = withoutVersion(root, from)
  if (missing.length > 0) throw new Error(`the version is not where it was: ${missing.join(", ")}`)
  for (const [file, ...texts] of places) {
    const content = readFileSync(join(root, file), "utf8")
    const changed = texts.reduce(
      (text, place) => text.replaceAll(place.replace("{}", from), place.replace("{}", to)),
      content
    )
    writeFileSync(join(root, file), changed)
  }
}
