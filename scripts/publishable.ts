/**
 * Makes a built package publishable: writes `dist/package.json` with the entry points of `publishConfig` and without
 * everything that only this repository needs. npm ignores `exports` in `publishConfig`, so a package is published from
 * its `dist`. The `build` script of each package runs it in the package's folder.
 */
import { copyFileSync, cpSync, existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"

type Exports = Record<string, string | Record<string, string>>

const manifest = JSON.parse(readFileSync("package.json", "utf8"))
const { devDependencies: _dev, publishConfig, scripts: _scripts, ...rest } = manifest

const inDist = (path: string): string => path.replace(/^\.\/dist\//, "./")
const exports: Exports = Object.fromEntries(
  Object.entries(publishConfig.exports as Exports).map(([name, target]) => [
    name,
    typeof target === "string"
      ? inDist(target)
      : Object.fromEntries(Object.entries(target).map(([condition, path]) => [condition, inDist(path)]))
  ])
)

writeFileSync("dist/package.json", `${JSON.stringify({ ...rest, exports }, null, 2)}\n`)
copyFileSync(join("..", "..", "LICENSE"), "dist/LICENSE")
for (const asset of ["README.md", "openapi.json"]) if (existsSync(asset)) cpSync(asset, join("dist", asset))
