/**
 * Writes the repository into the manifests of the built packages, as provenance demands: the registry compares it with the
 * repository that the release runs in, which only the release knows. So are homepage and bugs.
 */
import { readFileSync, writeFileSync } from "node:fs"

const { GITHUB_REPOSITORY: repository, GITHUB_SERVER_URL: server } = process.env
if (repository === undefined || server === undefined) {
  throw new Error("packages are published by the release workflow alone, so that their origin can be proved")
}

for (const folder of ["packages/core", "packages/api", "apps/server"]) {
  const path = `${folder}/dist/package.json`
  const manifest: object = JSON.parse(readFileSync(path, "utf8"))
  const origin = {
    repository: { type: "git", url: `git+${server}/${repository}.git`, directory: folder },
    homepage: `${server}/${repository}/tree/main/${folder}#readme`,
    bugs: `${server}/${repository}/issues`
  }
  writeFileSync(path, `${JSON.stringify({ ...manifest, ...origin }, null, 2)}\n`)
}
