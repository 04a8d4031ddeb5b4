/**
 * Commands of the documentation work: every block of shell is run by the test or the check of its page, or stands in the list of
 * those that nothing runs, with the reason.
 */
import { existsSync, readFileSync } from "node:fs"
import { type Block, parseBlocks } from "../../packages/testing/src/documented/commands.ts"
import { type NotRun, notRun } from "../../packages/testing/src/documented/notRun.ts"
import { type SourceFile, sourceFiles } from "./files.ts"

/** Who runs the commands of a page: it takes all of them, by `commandsOf` or `blocksOf`. */
const runners: ReadonlyMap<string, string> = new Map([
  ["README.md", "apps/server/test/readme.test.ts"],
  ["docs/guides/clients/prosody.md", "packages/prosody/test/guide.test.ts"],
  ["docs/guides/capacity.md", "apps/lab/test/simulate/guide.test.ts"],
  ["docs/guides/clients/grpc.md", "apps/server/test/recipes/grpcPage.test.ts"],
  ["docs/guides/clients/openapi.md", "scripts/test/openApi/generators.test.ts"],
  ["docs/guides/clients/csharp.md", "apps/server/test/recipes/languages.ts"],
  ["docs/guides/clients/go.md", "apps/server/test/recipes/languages.ts"],
  ["docs/guides/clients/java.md", "apps/server/test/recipes/languages.ts"],
  ["docs/guides/clients/lua.md", "apps/server/test/recipes/languages.ts"],
  ["docs/guides/clients/php.md", "apps/server/test/recipes/languages.ts"],
  ["docs/guides/clients/python.md", "apps/server/test/recipes/languages.ts"],
  ["docs/guides/clients/ruby.md", "apps/server/test/recipes/languages.ts"],
  ["docs/guides/clients/shell.md", "apps/server/test/recipes/languages.ts"],
  ["docs/guides/clients/ejabberd.md", "apps/server/test/recipes/ejabberd/EjabberdNode.ts"],
  ["docs/guides/concepts.md", "apps/server/test/readme.test.ts"],
  ["docs/guides/deploy.md", "scripts/image/guide.ts"],
  ["docs/guides/clients/grpc.md", "apps/server/test/recipes/grpcPage.test.ts"],
  ["docs/guides/first-fleet.md", "apps/server/test/guides/firstFleet.test.ts"],
  ["docs/guides/kubernetes.md", "scripts/chart/guide.ts"],
  ["docs/guides/operate.md", "apps/server/test/access/operate.test.ts"],
  ["docs/guides/publish.md", "apps/server/test/readme.test.ts"],
  ["docs/guides/systemd.md", "scripts/test/systemdGuide.test.ts"],
  ["docs/reference/api.md", "apps/server/test/readme.test.ts"]
])

export const checkDocumentedCommands = (): ReadonlyArray<string> =>
  documentedCommandBreaches({
    pages: sourceFiles(/\.md$/),
    runners,
    notRun,
    read: (path) => existsSync(path) ? readFileSync(path, "utf8") : ""
  })

interface World {
  readonly pages: ReadonlyArray<SourceFile>
  readonly runners: ReadonlyMap<string, string>
  readonly notRun: ReadonlyArray<NotRun>
  /** Empty where there is no such file. */
  readonly read: (path: string) => string
}

/** Pure but for `read`. */
export const documentedCommandBreaches = ({ notRun, pages, read, runners }: World): ReadonlyArray<string> => {
  const commands = new Map(pages.map(({ path, text }) => [path, parseBlocks(text).filter(isShell)]))
  return [
    ...[...commands].flatMap(([page, blocks]) => {
      const rows = notRun.filter((row) => row.page === page)
      const toRun = blocks.filter(({ text }) => !rows.some(({ begins }) => text.startsWith(begins)))
      return toRun.length === 0 || isRun(page, runners.get(page), read)
        ? []
        : [
          `${page}:${
            toRun[0]?.line
          }: nothing runs this command: give the page a test, or the command a reason in notRun.ts`
        ]
    }),
    ...notRun.flatMap(({ begins, page }) => {
      const count = commands.get(page)?.filter(({ text }) => text.startsWith(begins)).length ?? 0
      return count === 1 ? [] : [`${page}: ${count} commands begin with ${JSON.stringify(begins)} of notRun.ts`]
    })
  ]
}

/** Another name of the language would be read by nobody. */
const shells = new Set(["sh", "bash", "shell", "console"])

const isShell = ({ kind, text }: Block): boolean => shells.has(kind) && !text.startsWith("#!")

const isRun = (page: string, runner: string | undefined, read: World["read"]): boolean => {
  const text = runner === undefined ? "" : read(runner)
  return text.includes(`"${page}"`) && /\b(commandsOf|blocksOf)\b/.test(text)
}
