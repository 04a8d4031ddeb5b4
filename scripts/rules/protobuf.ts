/**
 * The protocol of gRPC is documented, named as is usual, and breaks no caller: compared with `baseline.binpb`, what was released
 * last. `npm run release:version` writes that anew.
 */
import { execFileSync } from "node:child_process"
import { buf } from "../generated/protobuf.ts"

export const checkProtobuf = (): ReadonlyArray<string> =>
  [["format", "--diff", "--exit-code", "--path", "posh"], ["lint"], ["breaking", "--against", "baseline.binpb"]]
    .flatMap((args) => faultsOf(args))

const faultsOf = (args: ReadonlyArray<string>): ReadonlyArray<string> => {
  try {
    buf(...args)
    return []
  } catch (cause) {
    const { stderr = "", stdout = "" } = cause as ReturnType<typeof execFileSync> & { stdout?: string; stderr?: string }
    return `${stdout}${stderr}`.split("\n").filter((line) => line !== "").map((line) => `packages/api/proto: ${line}`)
  }
}
