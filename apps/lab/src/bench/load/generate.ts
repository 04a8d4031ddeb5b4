/** The generator of the house, as a program: takes options as JSON, and prints its result as one line of JSON. */
import { closedLoop } from "./closedLoop.ts"
import type { LoadOptions } from "./Load.ts"

const options: LoadOptions = JSON.parse(process.argv[2] ?? "")
console.log(JSON.stringify(await closedLoop(options)))
