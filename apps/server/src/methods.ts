/**
 * The table of the methods of gRPC. Scopes and the names in metrics and spans come from here. Made by hand, so that nobody loads the
 * descriptors for it; a test compares both.
 */
import type { Scope } from "@posh/api"

const open = [
  "grpc.health.v1.Health/Check",
  "grpc.health.v1.Health/Watch",
  "grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
  "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
] as const

const guarded = {
  "posh.v1.VerificationService/Verify": "verify",
  "posh.v1.VerificationService/BatchVerify": "verify",
  "posh.v1.VerificationService/VerifyStream": "verify",
  "posh.v1.VerificationService/GetAssociation": "verify",
  "posh.v1.VerificationService/LintDocument": "admin",
  "posh.v1.VerificationService/GenerateDocument": "verify"
} as const satisfies Readonly<Record<string, Scope>>

/** By the name of the method; without a scope it is open. A method that is not listed needs `admin`. */
export const scopeOfMethod = (method: string): Scope | undefined => scopes.has(method) ? scopes.get(method) : "admin"

const scopes: ReadonlyMap<string, Scope | undefined> = new Map<string, Scope | undefined>([
  ...open.map((method) => [method, undefined] as const),
  ...Object.entries(guarded)
])

/** The label for calls without a method. */
export const otherMethod = "other"

/** Of calls; one that has no method has a name as well. */
export const methods: ReadonlyArray<string> = [...scopes.keys(), otherMethod].toSorted()

/** Statuses of calls (https://grpc.io/docs/guides/status-codes), in the order of their numbers. */
export const statusNames = [
  "OK",
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED"
] as const
