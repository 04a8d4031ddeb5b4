/** The generator of the house, as a program: takes options as JSON, and prints its result as one line of JSON. */
import { closedLoop } from "./closedLoop.ts"
import type { LoadOptions } from "./Load.ts"
import { openLoop } from "./openLoop.ts"

const options: LoadOptions = JSON.parse(process.argv[2] ?? "")
const { rate } = options
console.log(JSON.stringify(await (rate === undefined ? closedLoop(options) : openLoop({ ...options, rate }))))
