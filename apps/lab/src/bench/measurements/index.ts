/** All measurements, in the order of the page. */
import type { Measurement } from "../Measurement.ts"
import { batch } from "./batch.ts"
import { chains } from "./chains.ts"
import { cold } from "./cold.ts"
import { grpc } from "./grpc.ts"
import { load } from "./load.ts"
import { memory } from "./memory.ts"
import { newCertificates } from "./newCertificates.ts"
import { redis } from "./redis.ts"
import { startUp } from "./startUp.ts"
import { telemetry } from "./telemetry.ts"
import { warm } from "./warm.ts"
import { workers } from "./workers.ts"

export const measurements: Readonly<Record<string, Measurement>> = {
  warm,
  chains,
  load,
  newCertificates,
  batch,
  grpc,
  redis,
  workers,
  cold,
  memory,
  telemetry,
  startUp
}
