import { tmpdir } from "node:os"
import { join } from "node:path"

/** What Go has compiled, for all tests and runs: gRPC takes 15 s of CPU the first time. */
export const goCache: string = join(tmpdir(), "posh-test-go-cache")
