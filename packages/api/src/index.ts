/**
 * The wire contract of the POSH verification service.
 */
export * from "./Access.ts"
export * from "./Answer.ts"
export * from "./Api.ts"
export * from "./Association.ts"
export * from "./Client.ts"
export * from "./codes.ts"
export * from "./Documents.ts"
export * from "./Evidence.ts"
export * from "./Health.ts"
export * from "./Inventory.ts"
export * from "./Problem.ts"
export * from "./Purge.ts"
export * from "./queries.ts"
export * from "./Question.ts"
export * from "./SubResult.ts"
export * from "./values.ts"
