/** Runs a program to its end. */
import { once } from "node:events"
import { text } from "node:stream/consumers"
import { type Command, launch } from "../../process.ts"

/** What it prints on stdout; an error if it fails. */
export const outputOf = async (command: Command, env: Readonly<Record<string, string>> = {}): Promise<string> => {
  const child = launch(command, env)
  const ended = once(child, "exit")
  const output = await text(child.stdout!)
  const [code] = await ended
  if (code !== 0) throw new Error(`${command.join(" ")} exited with ${code}: ${output}`)
  return output
}
