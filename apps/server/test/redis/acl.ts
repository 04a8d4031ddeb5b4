/** The permissions of the Redis user according to the guide, and those that `docker/compose.yaml` gives. */
import { readFileSync } from "node:fs"
import { join } from "node:path"

const guide = readFileSync(join(import.meta.dirname, "../../../../docs/guides/fleet.md"), "utf8")

const compose = readFileSync(join(import.meta.dirname, "../../../../docker/compose.yaml"), "utf8")

/** The users in the Redis of `compose.yaml`, with their rules. */
export const composeUsers: ReadonlyMap<string, ReadonlyArray<string>> = new Map(
  [...compose.matchAll(/^ +user (\w+) (.+)$/gm)].map(([, name = "", rules = ""]) => [
    name,
    rules.replace("$$password", "secret").split(" ")
  ])
)

/** Commands by purpose: the rows of the table. */
export const commands: ReadonlyMap<string, ReadonlyArray<string>> = new Map(
  [...guide.matchAll(/^\| ([^|]+) \| `(\+.+)` \|$/gm)].map(([, purpose = "", rules = ""]) => [
    purpose,
    rules.replaceAll("\\", "").split(" ")
  ])
)

const [, patterns = ""] = /`ACL SETUSER posh on >PASSWORD ([^`]+)`/.exec(guide) ?? []

/** The rules of a user with a password, in the format of `ACL SETUSER`. */
export const rulesFor = (password: string): ReadonlyArray<string> => [
  "on",
  `>${password}`,
  ...patterns.split(" "),
  ...[...commands.values()].flat()
]
