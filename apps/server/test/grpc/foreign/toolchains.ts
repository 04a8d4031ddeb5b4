/** What Debian has for gRPC in other languages; see `docs/guides/clients/grpc.md`. */
import { ensureRuns } from "@posh/testing"

export const ensurePythonGrpc = (): void =>
  ensureRuns(
    "gRPC for Python",
    shell(
      `/usr/bin/python3 -c 'import google.protobuf, grpc, grpc.aio' && grpc_python_plugin < /dev/null && ${protoc}`
    ),
    ["python3-grpcio", "python3-protobuf", "protobuf-compiler-grpc", ...compiler]
  )

/** Two versions of Go's messages cannot be installed together: the older one is that of the packages of Debian, and too old. */
export const ensureGoGrpc = (): void =>
  ensureRuns(
    "gRPC for Go",
    shell(
      `go version && command -v protoc-gen-go && command -v protoc-gen-go-grpc && cd ${goCode} && ls google.golang.org/grpc/grpclog ` +
        `google.golang.org/protobuf/proto google.golang.org/genproto/googleapis/rpc/errdetails && ${protoc}`
    ),
    [
      "golang-go",
      "golang-google-grpc-dev",
      "golang-github-golang-protobuf-1-5-dev",
      "protoc-gen-go-1-5",
      "protoc-gen-go-grpc",
      ...compiler
    ]
  )

export const ensureRubyGrpc = (): void =>
  ensureRuns("gRPC for Ruby", shell("ruby -e 'require %(grpc)' && command -v grpc_tools_ruby_protoc"), [
    "ruby-grpc",
    "ruby-grpc-tools",
    ...compiler
  ])

const compiler = ["protobuf-compiler", "libprotobuf-dev"]
const protoc = "protoc --version && ls /usr/include/google/protobuf/timestamp.proto"
const goCode = "/usr/share/gocode/src"
const shell = (script: string): readonly [string, ...Array<string>] => ["sh", "-c", script]
