/** The commands of `docs/guides/deploy.md`, in its order. */
import { readFileSync } from "node:fs"
import { join } from "node:path"

interface Command {
  readonly name: string
  readonly script: string
  /** Expected output according to the guide. */
  readonly answer?: string
}

const text = readFileSync(join(import.meta.dirname, "../../docs/guides/deploy.md"), "utf8")

const blocks = [...text.matchAll(/^```(sh|json|text)\n([\s\S]*?)^```$/gm)].map(([, kind = "", body = ""]) => ({
  kind,
  body
}))

// Each runs in the folder that the first one enters.
const commands = blocks.flatMap(({ body, kind }, index): ReadonlyArray<Command> => {
  if (kind !== "sh") return []
  const next = blocks[index + 1]
  const script = index === 0 ? body : `cd docker\n${body}`
  const [name = ""] = body.split("\n")
  return [{
    name: index === 0 ? body.split("\n")[1] ?? "" : name,
    script,
    ...(next?.kind === "text" ? { answer: next.body } : {})
  }]
})

const isBuild = ({ script }: Command): boolean => /^docker compose build$/m.test(script)
const isEnd = ({ script }: Command): boolean => script.includes("down")

const joined = (chosen: ReadonlyArray<Command>): string => chosen.map(({ script }) => `(\n${script})`).join("\n")

export const guide = {
  /** Up to the images. */
  build: joined(commands.slice(0, commands.findIndex(isBuild) + 1)),
  run: commands.slice(commands.findIndex(isBuild) + 1).filter((command) => !isEnd(command)),
  end: joined(commands.filter(isEnd))
}
