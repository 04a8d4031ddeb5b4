/** What Redis is sent whether anything is asked or not. */
import { commands, idleOperations, type OperationCounts } from "./redis/commands.ts"

/** In commands. It is not scaled to the sample: each replica does it once. */
export const sumOfIdle = (counts: OperationCounts): number =>
  [...idleOperations].reduce((sum, name) => sum + counts[name] * commands[name].length, 0)
