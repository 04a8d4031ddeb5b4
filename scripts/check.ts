/**
 * Checks the project's own rules; each rule's file gives its reason. Prints every violation and exits 1 if there is
 * any.
 */
import { checkCodes } from "./rules/codes.ts"
import { checkCommands } from "./rules/commands.ts"
import { checkCoreFolders } from "./rules/coreFolders.ts"
import { checkDocs } from "./rules/docs.ts"
import { checkDocumentedCommands } from "./rules/documentedCommands.ts"
import { checkImports } from "./rules/imports.ts"
import { checkLabFolders } from "./rules/labFolders.ts"
import { checkLockFile } from "./rules/lockFile.ts"
import { checkNames } from "./rules/names.ts"
import { checkProtobuf } from "./rules/protobuf.ts"
import { checkRequirements } from "./rules/requirements.ts"
import { checkServerFolders } from "./rules/serverFolders.ts"
import { checkSources } from "./rules/sources.ts"

const breaches = [
  ...checkImports(),
  ...checkCoreFolders(),
  ...checkServerFolders(),
  ...checkLabFolders(),
  ...checkSources(),
  ...checkCodes(),
  ...checkLockFile(),
  ...checkDocs(),
  ...checkDocumentedCommands(),
  ...checkCommands(),
  ...checkRequirements(),
  ...checkProtobuf(),
  ...checkNames()
]
for (const breach of breaches) console.error(breach)
console.log(breaches.length === 0 ? "rules: ok" : `rules: ${breaches.length} breached`)
process.exitCode = breaches.length === 0 ? 0 : 1
