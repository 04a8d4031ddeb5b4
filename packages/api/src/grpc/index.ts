/**
 * The messages and services of gRPC, made from `proto/`. Needs `@bufbuild/protobuf`, which the rest of the package does not.
 */
export * from "./generated/google/rpc/error_details_pb.ts"
export * from "./generated/google/rpc/status_pb.ts"
export * from "./generated/grpc/health/v1/health_pb.ts"
export * as reflectionV1 from "./generated/grpc/reflection/v1/reflection_pb.ts"
export * as reflectionV1Alpha from "./generated/grpc/reflection/v1alpha/reflection_pb.ts"
export * from "./generated/posh/v1/answer_pb.ts"
export * from "./generated/posh/v1/association_pb.ts"
export * from "./generated/posh/v1/documents_pb.ts"
export * from "./generated/posh/v1/evidence_pb.ts"
export * from "./generated/posh/v1/question_pb.ts"
export * from "./generated/posh/v1/tlsa_pb.ts"
export * from "./generated/posh/v1/verification_service_pb.ts"
