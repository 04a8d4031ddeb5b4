/**
 * Where gRPC listens. By default it takes the usual port where nothing else has it: whoever runs several services on one machine, or
 * updates one from a version without gRPC, is not stopped by a listener that nobody asked for.
 */
import type { Settings } from "../../config/variables.ts"

export interface GrpcPlace {
  readonly port: number
  /** If it cannot be had, the service does not start. */
  readonly isRequired: boolean
}

const usualPort = 8_081

/** `undefined`: gRPC is off, or another listener of this service has the usual port. */
export const grpcPlaceOf = (
  { grpcPort, opsPort, port }: Pick<Settings, "grpcPort" | "opsPort" | "port">
): GrpcPlace | undefined => {
  if (grpcPort !== "auto") return grpcPort === undefined ? undefined : { port: grpcPort, isRequired: true }
  return port === usualPort || opsPort === usualPort ? undefined : { port: usualPort, isRequired: false }
}
