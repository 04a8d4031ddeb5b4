import { AssociationStore } from "@posh/core"
import { Effect, Layer } from "effect"
import { storeSuite } from "../../../../packages/core/test/cache/storeSuite.ts"
import { makeWorld } from "./world.ts"

storeSuite("Redis", Layer.effect(AssociationStore, Effect.map(makeWorld(), ({ store }) => store)), { live: true })
