/** A server of gRPC, of another library than that of the service, that answers what a test wants. */
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf"
import { type sendUnaryData, Server, ServerCredentials, status } from "@grpc/grpc-js"
import { type AnswerSchema, VerifyResponseSchema } from "@posh/api/grpc"
import { Effect } from "effect"
import { type AddressInfo, createServer, type Server as NetServer } from "node:net"

export type Lie = Omit<MessageInitShape<typeof AnswerSchema>, "$typeName"> | "empty" | "garbage" | "silence" | "status"

/** Host and port, until the scope closes. */
export const makeLiar = (lie: Lie) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly server: Server; readonly port: number }>((resume) => {
      const server = new Server()
      server.addService({
        verify: {
          path: "/posh.v1.VerificationService/Verify",
          requestStream: false,
          responseStream: false,
          requestDeserialize: (octets: Buffer) => octets,
          requestSerialize: (octets: Buffer) => octets,
          responseDeserialize: (octets: Buffer) => octets,
          responseSerialize: (octets: Buffer) => octets
        }
      }, { verify: (_: unknown, done: sendUnaryData<Buffer>) => answer(lie, done) })
      server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (_, port) =>
        resume(Effect.succeed({ server, port })))
    }),
    ({ server }) =>
      Effect.sync(() =>
        server.forceShutdown()
      )
  ).pipe(Effect.map(({ port }) => `127.0.0.1:${port}`))

/** Takes connections, and says nothing: host and port, until the scope closes. */
export const makeMute = Effect.acquireRelease(
  Effect.callback<NetServer>((resume) => {
    const server = createServer((socket) => void socket.on("error", () => undefined).resume())
    server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
  }),
  (server) => Effect.sync(() => server.close())
).pipe(Effect.map((server) => `127.0.0.1:${(server.address() as AddressInfo).port}`))

const answer = (lie: Lie, done: sendUnaryData<Buffer>): void => {
  if (lie === "silence") return
  if (lie === "status") return done({ code: status.RESOURCE_EXHAUSTED, details: "too many" })
  if (lie === "garbage") return done(null, Buffer.from("ffffffffff", "hex"))
  const response = create(VerifyResponseSchema, lie === "empty" ? {} : { answer: lie })
  done(null, Buffer.from(toBinary(VerifyResponseSchema, response)))
}
