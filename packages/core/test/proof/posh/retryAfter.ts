/** Prints the result for each `Retry-After`. A process of its own, because Node.js reads `TZ` at its start. */
import { retryAfterMs } from "../../../src/proof/posh/response.ts"

const [now, ...values] = process.argv.slice(2)

console.log(
  JSON.stringify(
    values.map((value) => retryAfterMs({ status: 503, headers: [["retry-after", value]] }, Number(now)) ?? "nothing")
  )
)
