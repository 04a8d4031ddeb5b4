/** The generator of the house as a program: takes options as JSON, and prints its result as one line of JSON. */
import { generate } from "./generate.ts"

console.log(JSON.stringify(await generate(JSON.parse(process.argv[2] ?? ""))))
