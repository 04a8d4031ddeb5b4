/** The commands of `docs/guides/deploy.md`, in its order. */
import { type Command, commandsOf } from "../../packages/testing/src/documented/commands.ts"

const commands = commandsOf("docs/guides/deploy.md")

const builds = commands.findIndex(({ script }) => /^docker compose build$/m.test(script)) + 1
const isEnd = ({ script }: Command): boolean => script.includes("compose --profile demo down")

export const guide = {
  /** Up to the images. */
  build: commands.slice(0, builds),
  run: commands.slice(builds).filter((command) => !isEnd(command)),
  end: commands.filter(isEnd)
}

/** As a reader runs it, who stays in the folder that the first command enters. */
export const scriptOf = (command: Command): string =>
  command === commands[0] ? command.script : `cd docker\n${command.script}`

/** Where it stands, with its first line. */
export const titleOf = ({ line, page, script }: Command): string => `${page}:${line}: ${script.split("\n")[0] ?? ""}`
