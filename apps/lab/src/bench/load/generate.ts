/** The generator of the house, which does all that can be asked for. */
import { closedLoop } from "./closedLoop.ts"
import type { LoadOptions, LoadResult } from "./Load.ts"
import { openLoop } from "./openLoop.ts"

export const generate = (options: LoadOptions): Promise<LoadResult> => {
  const { rate } = options
  return rate === undefined ? closedLoop(options) : openLoop({ ...options, rate })
}
