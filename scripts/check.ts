/**
 * The project's own rules, each with the reason in its file. Prints every breach and exits 1 if there is any.
 */
import { checkCodes } from "./rules/codes.ts"
import { checkDocs } from "./rules/docs.ts"
import { checkImports } from "./rules/imports.ts"
import { checkLockFile } from "./rules/lockFile.ts"
import { checkServerFolders } from "./rules/serverFolders.ts"
import { checkSources } from "./rules/sources.ts"

const breaches = [
  ...checkImports(),
  ...checkServerFolders(),
  ...checkSources(),
  ...checkCodes(),
  ...checkLockFile(),
  ...checkDocs()
]
for (const breach of breaches) console.error(breach)
console.log(breaches.length === 0 ? "rules: ok" : `rules: ${breaches.length} breached`)
process.exitCode = breaches.length === 0 ? 0 : 1
