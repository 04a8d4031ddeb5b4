/** Builds the baseline in Go. */
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { outputOf } from "../machine/outputOf.ts"

const source = fileURLToPath(new URL("http.go", import.meta.url))

/** Writes the program into a folder, whose path is returned; its own caches lie there, too. */
export const buildGo = async (folder: string): Promise<string> => {
  const program = join(folder, "bare-go")
  await outputOf(["go", "build", "-o", program, source], {
    GOCACHE: join(folder, "go-cache"),
    GOPATH: join(folder, "go"),
    GO111MODULE: "off"
  })
  return program
}
