/** The servers that are compared. Each answers `POST /v1/verify` about the domains of a fleet. */
import type { Running } from "../../process.ts"
import type { Published } from "../fleet/Fleet.ts"
import type { Observer } from "./Observation.ts"

export interface Subject {
  readonly name: string
  /** Ready, and with all domains of the fleet in its memory. */
  readonly start: (fleet: Published, observer?: Observer) => Promise<Running>
}
