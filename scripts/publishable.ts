/**
 * Makes a built package publishable: writes `dist/package.json`, whose entry points are what was built, without everything
 * that only this repository needs. A package is published from its `dist`, so that nothing else of it can be. The `build`
 * script of each package runs it in the package's folder.
 */
import { copyFileSync, cpSync, existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"

const manifest: {
  readonly exports: Readonly<Record<string, string>>
  readonly publishConfig: { readonly bin?: Readonly<Record<string, string>> }
  readonly [name: string]: unknown
} = JSON.parse(readFileSync("package.json", "utf8"))
const { devDependencies: _dev, files: _files, publishConfig: { bin }, scripts: _scripts, ...rest } = manifest

/** A source as what it is built to; other files are copied. */
const built = (path: string) => {
  const [, name] = /^\.\/src\/(.+)\.ts$/.exec(path) ?? []
  return name === undefined ? path : { types: `./${name}.d.ts`, default: `./${name}.js` }
}
const exports = Object.fromEntries(Object.entries(manifest.exports).map(([name, path]) => [name, built(path)]))

writeFileSync("dist/package.json", `${JSON.stringify({ ...rest, exports, bin }, null, 2)}\n`)
copyFileSync(join("..", "..", "LICENSE"), "dist/LICENSE")
for (const asset of ["README.md", "openapi.json", "openapi-3.0.json", "bin"]) {
  if (existsSync(asset)) cpSync(asset, join("dist", asset), { recursive: true })
}
